// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/base64.hpp>
