// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/capture_reader.hpp"

#include "base/failure.hpp"
#include "inspect/capture/capture_file.hpp"
#include "inspect/capture/connection_table.hpp"
#include "inspect/capture/packet_layers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace audiosocket::app::inspect {
namespace {

// Names of packets without TCP contain numbers of the packets; a few names cover nearly all packets.
constexpr std::size_t names_max = 200;

void count(std::map<std::string, std::uint64_t>& names, const std::string& name) {
    const auto known = names.find(name);
    if (known != names.end())
        ++known->second;
    else
        ++names[names.size() < names_max ? name : "other"];
}

} // namespace

void read_capture(capture_input& input, const capture_plan& plan) {
    capture_file file(input);
    connection_table connections(plan);
    inspection_totals& totals = plan.totals;
    std::uint64_t unknown = 0;
    timestamp last{};
    while (const auto packet = file.next()) {
        ++totals.packets;
        if (packet->bytes.size() < packet->wire_bytes) {
            ++totals.packets_cut;
            totals.cut_at_bytes = std::max<std::uint64_t>(totals.cut_at_bytes, packet->bytes.size());
        }
        if (!packet->at) ++totals.packets_without_time;
        last = packet->at.value_or(last);
        const packet_content content = read_layers(packet->link_type, packet->bytes, packet->wire_bytes);
        if (content.tcp) {
            connections.take(*content.tcp, last);
            continue;
        }
        count(totals.not_tcp, content.what);
        if (!content.is_link_type_known) ++unknown;
    }
    totals.capture_failure = file.damage();
    connections.finish();
    if (unknown != 0 && unknown == totals.packets)
        throw failure(exit_code::file, fmt::format("{}: captured from a {} that is not supported; capture with: "
                                                   "tcpdump -i any -w FILE port 9092",
                                                   input.name(), totals.not_tcp.begin()->first));
}

} // namespace audiosocket::app::inspect
