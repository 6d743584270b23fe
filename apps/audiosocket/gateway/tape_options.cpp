// SPDX-License-Identifier: Apache-2.0
#include "gateway/tape_options.hpp"

#include "daemon/recording_folder.hpp"
#include "live/call_file_name.hpp"

#include <filesystem>
#include <utility>

namespace audiosocket::app::gateway {

void tape_options::add(settings& said, CLI::App& verb) {
    said
        .reloadable(verb.add_option(
            "--tape", tape_, "Write a file for each call into this folder: its audio, its keys and all messages"))
        ->type_name("DIR");
    verb.add_option("--replay", replay_,
                    "Answer no calls; play the caller of this tape to the back end, and compare the answers")
        ->type_name("FILE");
}

void tape_options::complete(settings& said, std::shared_ptr<tape::tape_store>& tapes, gateway_plan& plan) const {
    if (!tape_) return;
    said.attempt("--tape", [&] { check_recording_folder(*tape_, said.check_only()); });
    if (!tapes) tapes = std::make_shared<tape::tape_store>();
    plan.begin_tape = [tapes, folder = std::filesystem::path(*tape_)](const uuid& id, const tape::tape_head& head,
                                                                      auto on_failure) {
        return tapes->begin(folder, call_file_name(id), head, std::move(on_failure));
    };
}

} // namespace audiosocket::app::gateway
