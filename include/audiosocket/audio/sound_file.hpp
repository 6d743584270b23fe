// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Reads and writes sound files; has the errors that both throw.
#include <audiosocket/audio/sound_error.hpp>
#include <audiosocket/audio/sound_reader.hpp>
#include <audiosocket/audio/sound_writer.hpp>
