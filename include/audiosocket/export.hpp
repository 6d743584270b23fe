// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// What a shared library shows. Everything else is hidden (-fvisibility=hidden).

/// Marks what programs may link to.
#define AUDIOSOCKET_EXPORT __attribute__((visibility("default")))

/// Marks what is inside an exported class and still nobody's business: the `impl` behind its pointer.
#define AUDIOSOCKET_HIDDEN __attribute__((visibility("hidden")))
