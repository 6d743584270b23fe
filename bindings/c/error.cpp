// SPDX-License-Identifier: Apache-2.0
#include "error.hpp"

#include <audiosocket/audio/sound_error.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <system_error>

namespace audiosocket::c {

audiosocket_code code_of(const error_code& error) noexcept {
    if (!error) return AUDIOSOCKET_OK;
    if (error == usage_errc::playout_full) return AUDIOSOCKET_QUEUE_FULL;
    if (error == usage_errc::call_ended || error == usage_errc::playout_cleared) return AUDIOSOCKET_CALL_ENDED;
    if (error == usage_errc::unsupported_rate) return AUDIOSOCKET_BAD_RATE;
    if (error == usage_errc::not_a_dtmf_digit) return AUDIOSOCKET_BAD_DIGIT;
    if (error == usage_errc::caller_only) return AUDIOSOCKET_CALLER_ONLY;
    if (error == std::errc::not_enough_memory) return AUDIOSOCKET_NO_MEMORY;
    if (error.category() == usage_category()) return AUDIOSOCKET_BAD_ARGUMENT;
    return AUDIOSOCKET_SYSTEM;
}

void copy_text(std::string_view text, char* to, std::size_t size) noexcept {
    std::size_t length = std::min(text.size(), size - 1);
    if (length < text.size()) // never half a character
        while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80)
            --length;
    std::memcpy(to, text.data(), length);
    to[length] = '\0';
}

int report(audiosocket_error* error) noexcept {
    audiosocket_code code = AUDIOSOCKET_INTERNAL;
    std::string_view text = "an exception of an unknown type";
    const auto note = [&] {
        if (error) {
            error->code = code;
            copy_text(text, error->text, sizeof error->text);
        }
        return static_cast<int>(code);
    };
    try {
        throw;
    } catch (const failure& e) {
        code = e.code();
        text = e.what();
        return note();
    } catch (const std::bad_alloc&) {
        code = AUDIOSOCKET_NO_MEMORY;
        text = audiosocket_code_text(code);
        return note();
    } catch (const sound_error& e) {
        code = AUDIOSOCKET_BAD_FILE;
        text = e.what();
        return note();
    } catch (const std::invalid_argument& e) {
        code = AUDIOSOCKET_BAD_ARGUMENT;
        text = e.what();
        return note();
    } catch (const boost::system::system_error& e) {
        code = code_of(e.code());
        text = e.what();
        return note();
    } catch (const std::system_error& e) {
        code = code_of(e.code());
        text = e.what();
        return note();
    } catch (const std::exception& e) {
        text = e.what();
        return note();
    } catch (...) {
        return note();
    }
}

} // namespace audiosocket::c

extern "C" const char* audiosocket_code_text(int code) {
    switch (code) {
    case AUDIOSOCKET_OK: return "no error";
    case AUDIOSOCKET_BAD_ARGUMENT: return "an argument has no meaning here";
    case AUDIOSOCKET_CALL_ENDED: return "the call has ended";
    case AUDIOSOCKET_QUEUE_FULL: return "the queue is full";
    case AUDIOSOCKET_BAD_RATE: return "the rate is not between 4,000 and 768,000 Hz";
    case AUDIOSOCKET_BAD_DIGIT: return "not a DTMF digit: expected 0-9, A-D, * or #";
    case AUDIOSOCKET_CALLER_ONLY: return "only the calling side may do this";
    case AUDIOSOCKET_SYSTEM: return "the system refused";
    case AUDIOSOCKET_BAD_FILE: return "the file is missing, or is not a sound that can be read";
    case AUDIOSOCKET_UNKNOWN_OPTION: return "no option has this name";
    case AUDIOSOCKET_NO_MEMORY: return "memory is exhausted";
    case AUDIOSOCKET_INTERNAL: return "a fault of the library";
    case AUDIOSOCKET_NOT_CONNECTED: return "the connection is still being made";
    case AUDIOSOCKET_CALL_FAILED: return "the call did not end in order";
    default: return "an unknown code";
    }
}
