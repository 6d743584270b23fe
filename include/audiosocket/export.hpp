#pragma once

/// Marks what a shared library shows; everything else is hidden (-fvisibility=hidden).
#define AUDIOSOCKET_EXPORT __attribute__((visibility("default")))
