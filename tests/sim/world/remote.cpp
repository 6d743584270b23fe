// SPDX-License-Identifier: Apache-2.0
// Connections as other machines have them.
#include "sim/world/kernel.hpp"

namespace audiosocket::sim {

std::uint64_t remote::number() const noexcept {
    return end_.number;
}

bool remote::is_connected() const noexcept {
    return end_.connected;
}

bool remote::is_over() const noexcept {
    return end_.over || end_.orphan;
}

bool remote::was_reset() const noexcept {
    return end_.reset;
}

bool remote::at_end() const noexcept {
    return end_.fin_in && end_.in.size() == 0;
}

std::size_t remote::readable() const noexcept {
    return end_.in.size();
}

std::span<const std::byte> remote::read(std::size_t most) {
    const std::size_t count = std::min(most, end_.in.size());
    read_.assign(end_.in.data(), end_.in.data() + count);
    end_.receive(nullptr, count, false);
    return read_;
}

std::size_t remote::send(std::span<const std::byte> bytes) {
    return end_.send(bytes.data(), bytes.size());
}

void remote::shut_down() {
    end_.end_sending();
}

void remote::reset() {
    end_.send_reset();
}

void remote::close() {
    on_change = nullptr;
    end_.close(false);
}

void remote::set_conditions_from_here(const conditions& how) {
    end_.network = how;
}

void remote::set_conditions_from_machine(const conditions& how) {
    end_.other->network = how;
}

void remote::lose_from_here(bool lost) {
    end_.set_lost(lost);
}

void remote::lose_from_machine(bool lost) {
    end_.other->set_lost(lost);
}

bool remote::machine_can_send() const noexcept {
    const tcp_end& machine = *end_.other;
    return !machine.over && !machine.lost && machine.room() > machine.out_max / 2;
}

bool remote::machine_send_was_cut() const noexcept {
    return end_.other->send_was_cut;
}

nanoseconds remote::last_arrival_at_machine() const noexcept {
    return end_.other->last_arrival;
}

remote& world::connect(const tcp_endpoint& from, std::uint16_t port, const conditions& network,
                       const remote_buffers& buffers) {
    tcp_end& end = kernel_->add_connection(from, {from.address(), port}, network);
    end.far = std::make_unique<remote>(end);
    end.in_max = buffers.receive;
    end.out_max = buffers.send;
    return *end.far;
}

void world::listen(const tcp_endpoint& there, std::function<void(remote&)> on_accepted, const conditions& network,
                   const remote_buffers& buffers) {
    kernel_->remote_listeners[there] = {std::move(on_accepted), network, buffers};
}

void world::stop_listening(const tcp_endpoint& there) {
    kernel_->remote_listeners.erase(there);
}

} // namespace audiosocket::sim
