// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <csignal>

#ifdef __SANITIZE_THREAD__
#include <unistd.h>
#endif

int main(int argc, char** argv) {
#ifdef __SANITIZE_THREAD__
    // GCC 12's thread sanitizer sets up its signal data in the thread's first blocking call, and loses a signal that
    // arrives during it. So the first blocking call is made here, before a signal can be expected.
    usleep(0);
#endif
    // A reader that has closed, or a file that may not grow, becomes an error of the write instead of a fatal signal.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    // Tools that rotate logs send it to all daemons. It asks for nothing here, and must not end calls.
    std::signal(SIGUSR1, SIG_IGN);
    return audiosocket::app::run(argc, argv);
}
