// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <csignal>

#ifdef __SANITIZE_THREAD__
#include <unistd.h>
#endif

int main(int argc, char** argv) {
#ifdef __SANITIZE_THREAD__
    // GCC 12's thread sanitizer makes what it keeps of a thread's signals in the thread's first blocking call, and
    // loses a signal that comes meanwhile: let that call be one during which nobody signals us yet.
    usleep(0);
#endif
    // A reader that goes away, or a file that may not grow, is an error of the write and not our death.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    return audiosocket::app::run(argc, argv);
}
