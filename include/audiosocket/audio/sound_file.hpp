// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sound files, both ways, and the error they throw.
#include <audiosocket/audio/sound_error.hpp>
#include <audiosocket/audio/sound_reader.hpp>
#include <audiosocket/audio/sound_writer.hpp>
