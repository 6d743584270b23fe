// SPDX-License-Identifier: Apache-2.0
#include "sim/server/simulated_server.hpp"

#include <boost/asio/multiple_exceptions.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <cerrno>

namespace audiosocket::sim {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

uuid id_of(std::uint16_t number) {
    uuid id{};
    id.bytes[0] = std::byte{0xA5};
    id.bytes[14] = static_cast<std::byte>(number >> 8U);
    id.bytes[15] = static_cast<std::byte>(number & 0xFFU);
    return id;
}

// Asio joins the exceptions of several handlers that one handler called.
bool is_of_application(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const application_failure&) {
        return true;
    } catch (const asio::multiple_exceptions& several) {
        return is_of_application(several.first_exception());
    } catch (...) {
        return false;
    }
}

} // namespace

simulated_server::simulated_server(std::uint64_t seed, const trouble& what)
    : trouble_(what), world_(seed), random_(world_.dice_for(0)) {
    world_.on_exception = [](const std::exception_ptr& thrown) {
        if (!is_of_application(thrown)) ADD_FAILURE() << "an exception left io_context::run()";
    };
    world_.on_step = [this] { check_step(); };
    const auto count = random_.one_in(2) ? 1 : 2 + random_.below(2);
    for (std::size_t i = 0; i <= count; ++i) {
        threads_.push_back(std::make_unique<asio::io_context>(1));
        world_.add(*threads_.back());
        if (i > 0) homes_.push_back(threads_.back().get());
        if (count == 1) {
            homes_ = {threads_.back().get()};
            break;
        }
    }
    folder_ = std::filesystem::temp_directory_path() / ("audiosocket-sim-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    options_ = options();
    start_server();
}

simulated_server::~simulated_server() {
    world_.on_step = nullptr;
    for (auto& [number, one] : lines_)
        if (one->app) one->app->drop();
    server_.reset();
    successor_.reset();
    for (; !threads_.empty(); threads_.pop_back()) // the thread of the server last: it must outlive all calls
        world_.remove(*threads_.back());
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    EXPECT_EQ(world_.open_descriptors(), 0U) << "descriptors are open at the end";
}

listener_options simulated_server::options() {
    listener_options o;
    o.call.input = input_format::slin;
    o.call.send_format = media_format{kind::slin, encoding::slin};
    if (random_.one_in(4)) o.call.idle_timeout = 10s;
    if (trouble_.limits) {
        o.calls_max = 1 + random_.below(20);
        o.handshakes_max = 1 + random_.below(6);
        o.calls_per_host_max = random_.below(4);
        if (random_.one_in(2)) o.allow.push_back(network::parse("10.0.0.0/13"));
    }
    o.options_for = [this](const uuid&, const tcp_endpoint& peer) {
        auto chosen = options_.call;
        chosen.live = peer.port() % 4 == 0;
        return chosen;
    };
    return o;
}

void simulated_server::start_server() {
    server_ = std::make_unique<call_server>(
        *threads_.front(), listening_socket::listen({"", 0}), [this](call c) { on_call(std::move(c)); }, options_,
        homes_);
    port_ = server_->local_endpoint().port();
}

void simulated_server::run() {
    to_connect_ = static_cast<int>(20 + random_.below(60));
    stops_at_ = world_.now() + random_.between(nanoseconds(4s), nanoseconds(15s));
    connect_later();
    if (random_.one_in(3)) world_.remote_after(random_.between(nanoseconds{}, nanoseconds(3s)), [this] { rush(); });
    if (trouble_.bad_machine) disturb_later();
    check_waiting();
    world_.run_until([this] { return world_.now() >= stops_at_; }, 20s);
    end();
    check_calls();
    world_.note(calls_);
}

// --- Peers ---

void simulated_server::connect_later() {
    if (to_connect_ <= 0) return;
    --to_connect_;
    world_.remote_after(random_.between(nanoseconds{}, nanoseconds(random_.one_in(4) ? 1s : 150ms)), [this] {
        if (to_connect_ < 0) return; // the callers were hung up meanwhile
        connect(static_cast<unsigned>(random_.below(16)), false);
        connect_later();
    });
}

// Many callers of one host at the same instant, as after a restart of it.
void simulated_server::rush() {
    if (to_connect_ < 0) return;
    const auto host = static_cast<unsigned>(random_.below(8));
    for (auto count = 40 + random_.below(40); count > 0; --count)
        connect(host, true);
}

conditions simulated_server::network() {
    conditions net;
    net.delay_min = random_.between(nanoseconds(20us), nanoseconds(20ms));
    net.delay_max = net.delay_min + random_.between(nanoseconds{}, nanoseconds(2ms));
    if (!trouble_.bad_network || random_.one_in(3)) return net;
    net.delay_max = net.delay_min + random_.between(nanoseconds{}, nanoseconds(60ms));
    if (random_.one_in(2)) net.cut_chance = 0.2;
    if (random_.one_in(3)) net.stall_chance = 0.02;
    net.stall_max = random_.one_in(4) ? nanoseconds(6s) : nanoseconds(400ms);
    return net;
}

void simulated_server::connect(unsigned host_number, bool is_good) {
    const std::uint16_t number = next_port_++;
    auto& l = *lines_.emplace(number, std::make_unique<line>()).first->second;
    const auto host =
        asio::ip::make_address_v4(static_cast<asio::ip::address_v4::uint_type>(0x0A000000U + (host_number << 16U)));
    const bool is_hostile = !is_good && trouble_.hostile_peers && random_.one_in(3);
    const auto net = is_good ? conditions{} : network();
    remote_buffers buffers;
    if (is_hostile && random_.one_in(2)) buffers.receive = 4096;
    l.connection = &world_.connect({host, number}, port_, net, buffers);
    l.was_undisturbed = !is_hostile && net.stall_chance == 0 && !trouble_.bad_network;
    l.wire = std::make_unique<wire_watch>(world_, "peer " + std::to_string(number));
    l.wire->attach(*l.connection);
    l.wire->expect_no_gaps(!is_hostile);
    const auto own = world_.dice_for(number);
    if (is_hostile) {
        l.wire->expect_numbers(false); // an echo of noise
        l.bad = std::make_unique<hostile_peer>(world_, *l.connection, own);
        return;
    }
    caller::plan plan;
    plan.hangs_up_after = random_.one_in(8) ? random_.between(nanoseconds{}, nanoseconds(100ms))
                                            : random_.between(nanoseconds(100ms), nanoseconds(12s));
    plan.pause_chance = random_.one_in(3) ? 0.01 : 0;
    plan.begins_silent = random_.one_in(8);
    if (random_.one_in(3)) plan.pause_frames_max = 400;
    plan.resets = random_.one_in(6);
    l.good = std::make_unique<caller>(world_, *l.connection, id_of(number), own, plan);
}

void simulated_server::on_call(call c) {
    ++calls_;
    const auto found = lines_.find(c.peer().port());
    if (found == lines_.end()) {
        ADD_FAILURE() << "a call of an unknown peer";
        return;
    }
    line& l = *found->second;
    EXPECT_EQ(l.app, nullptr) << "two calls of one connection";
    if (l.good) {
        EXPECT_EQ(c.id(), id_of(found->first));
    }
    if (drained_) ADD_FAILURE() << "a call after the drain";
    application::habits habits;
    habits.caller_is_good = l.good != nullptr;
    if (c.peer().port() % 4 == 0)
        habits.what = application::kind::echo;
    else if (random_.one_in(8))
        habits.what = application::kind::absent;
    else if (random_.one_in(3))
        habits.what = application::kind::brief;
    else if (random_.one_in(4))
        habits.what = application::kind::generator;
    habits.is_heard_at_once = l.was_undisturbed && is_healthy();
    habits.waits_with_timeouts = random_.one_in(6);
    if (random_.one_in(6)) habits.waits_after = random_.between(nanoseconds{}, nanoseconds(400ms));
    if (l.was_undisturbed && random_.one_in(12)) habits.recording = folder_ / (std::to_string(found->first) + ".wav");
    if (trouble_.bad_applications && random_.one_in(4)) {
        habits.throw_chance = 0.02;
        habits.block_chance = random_.one_in(2) ? 0.005 : 0;
        habits.block_max = random_.one_in(4) ? nanoseconds(1s) : nanoseconds(100ms);
    }
    l.wire->call_started(c.get_executor().context());
    const auto executor = c.get_executor();
    l.app = std::make_shared<application>(world_, std::move(c), world_.dice_for(0x10000U + found->first), habits,
                                          *l.wire, "call " + std::to_string(found->first));
    asio::post(executor, [app = l.app] { app->start(); });
    if (trouble_.bad_applications && random_.one_in(10)) throw application_failure("on_call");
}

// --- The machine ---

void simulated_server::disturb_later() {
    world_.after(random_.between(nanoseconds(50ms), nanoseconds(2s)), [this] {
        if (is_ending_) return;
        disturb();
        disturb_later();
    });
}

void simulated_server::disturb() {
    switch (random_.below(6)) {
    case 0: world_.stand_still(random_.between(nanoseconds{}, nanoseconds(random_.one_in(8) ? 7s : 400ms))); break;
    case 1: world_.move_wall_clock(random_.between(nanoseconds(-3600s), nanoseconds(3600s))); break;
    case 2:
        world_.fail_accept(random_.one_in(2) ? EMFILE : ENOBUFS);
        world_.after(random_.between(nanoseconds{}, nanoseconds(1s)), [this] { world_.fail_accept(0); });
        break;
    case 3:
        world_.set_files_max(world_.open_descriptors() + random_.below(20));
        world_.after(random_.between(nanoseconds{}, nanoseconds(1s)), [this] { world_.set_files_max(1024); });
        break;
    default: break;
    }
}

} // namespace audiosocket::sim
