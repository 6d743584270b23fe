// SPDX-License-Identifier: Apache-2.0
// A library that exports what it should hide: symbols.sh must reject it.
int leaked() {
    return 0;
}

namespace audiosocket {
namespace detail {
int secret() {
    return 0;
}
} // namespace detail

struct open {
    struct impl {
        int touch();
    };
};
int open::impl::touch() {
    return 0;
}
} // namespace audiosocket
