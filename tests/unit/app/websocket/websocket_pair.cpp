// SPDX-License-Identifier: Apache-2.0
#include "websocket_pair.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace audiosocket::test {

std::string websockets::acceptance(const std::string& request) {
    const std::string field = "Sec-WebSocket-Key: ";
    const auto at = request.find(field) + field.size();
    const std::string text = request.substr(at, request.find('\r', at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 64> accept{};
    EVP_EncodeBlock(accept.data(), digest.data(), static_cast<int>(digest.size()));
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           std::string(reinterpret_cast<const char*>(accept.data())) + "\r\n\r\n";
}

} // namespace audiosocket::test
