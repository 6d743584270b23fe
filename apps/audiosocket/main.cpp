#include "audiosocket/run.hpp"

#include <csignal>

int main(int argc, char** argv) {
    // A reader that goes away, or a file that may not grow, is an error of the write and not our death.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    return audiosocket::app::run(argc, argv);
}
