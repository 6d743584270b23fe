// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Works on samples: G.711, resampling, sound files, levels. Does not depend on calls.

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/audio/duration.hpp>
#include <audiosocket/audio/encoding_detector.hpp>
#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/audio/numbered_samples.hpp>
#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/audio/sound_file.hpp>
#include <audiosocket/audio/stereo_recorder.hpp>
#include <audiosocket/audio/tone.hpp>
