#include "audiosocket/verbs.hpp"

#include <csignal>

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN); // a reader that goes away is an error of the write, not our death
    return audiosocket::app::run(argc, argv);
}
