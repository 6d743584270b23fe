// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Says which symbols a shared library exports. All others are hidden (-fvisibility=hidden).

/// Exports a class or function, so that applications can link to it.
#define AUDIOSOCKET_EXPORT __attribute__((visibility("default")))

/// Hides a part of an exported class that applications must not use, such as its `impl`.
#define AUDIOSOCKET_HIDDEN __attribute__((visibility("hidden")))
