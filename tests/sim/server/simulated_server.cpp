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

// Descriptors of a server without connections: three a thread, one for its calls, and the listening socket.
constexpr std::size_t descriptors_a_thread = 4;

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

void simulated_server::check_step() {
    for (std::size_t i = 0; i < last_.size(); ++i) {
        const auto* const server = i == 0 ? server_.get() : successor_.get();
        if (server == nullptr) continue;
        const auto& now = server->listening().statistics();
        check_limits(last_[i], now);
        last_[i] = now;
    }
}

void simulated_server::check_limits(const listener_statistics& before, const listener_statistics& now) {
    if (now.calls_up > options_.calls_max || now.handshakes > options_.handshakes_max)
        ADD_FAILURE() << now.calls_up << " calls of " << options_.calls_max << ", " << now.handshakes
                      << " handshakes of " << options_.handshakes_max;
    const bool was_full = before.calls_up == options_.calls_max && now.calls_up == options_.calls_max &&
                          before.calls == now.calls; // no call has ended, because none has begun
    if (was_full && now.handshakes > before.handshakes)
        ADD_FAILURE() << "a connection was not refused at once, with " << now.calls_up << " calls in progress";
}

// Checks that callers get a call at once, and that no connection without an id is kept.
void simulated_server::check_waiting() {
    for (auto& [number, one] : lines_) {
        const remote& c = *one->connection;
        if (!c.is_connected() || one->app || c.is_over() || one->wire->has_ended()) {
            one->waits_since.reset();
            continue;
        }
        if (!one->waits_since) one->waits_since = world_.now();
        const nanoseconds waited = world_.now() - *one->waits_since;
        if (!is_healthy()) continue;
        if (one->good && one->was_undisturbed && waited > 200ms)
            ADD_FAILURE() << "caller " << number << " waits for its call";
        if (waited > options_.call.id_timeout + 1500ms)
            ADD_FAILURE() << "peer " << number << " is connected without an id";
    }
    if (!is_ending_) world_.after(500ms, [this] { check_waiting(); });
}

// Returns the calls that have not ended, in words.
std::string simulated_server::open_calls() const {
    std::string text;
    for (const auto& [number, one] : lines_)
        if (one->app && !one->app->has_ended())
            text += ", call " + std::to_string(number) + (one->good ? " of a good" : " of a hostile") + " peer" +
                    (one->connection->is_over() ? ", whose connection is over" : "");
    return text;
}

// Checks that the server still takes calls, from each host, as if it were new: nothing of earlier calls is left.
void simulated_server::probe() {
    hang_up_callers();
    world_.run_until([this] { return server_->calls_in_progress() == 0; }, 40s);
    world_.run_for(8s);
    EXPECT_EQ(server_->calls_in_progress(), 0U) << "calls never ended" << open_calls();
    for (unsigned host = 0; host < 8; ++host) {
        const auto before = calls_;
        connect(host, true);
        world_.run_for(1s);
        EXPECT_EQ(calls_, before + 1) << "host " << host << " cannot call any more";
        hang_up_callers();
        world_.run_for(4s);
    }
}

// --- The end ---

void simulated_server::end() {
    is_ending_ = true;
    world_.fail_accept(0);
    world_.set_files_max(1024);
    if (random_.one_in(3)) probe();
    switch (static_cast<ending>(random_.below(5))) {
    case ending::drain: drain(); break;
    case ending::drain_with_timeout: drain(); break;
    case ending::hand_over: hand_over(); break;
    case ending::close: server_.reset(); break;
    case ending::destroy: return; // with its calls
    }
    // Everything that the peers and the applications still do ends by itself, or by the deadlines.
    hang_up_callers();
    const auto all_over = [this] {
        for (const auto& [number, one] : lines_)
            if (one->app && !one->app->has_ended()) return false;
        return (!server_ || server_->calls_in_progress() == 0) && (!successor_ || successor_->calls_in_progress() == 0);
    };
    world_.run_until(all_over, 40s);
    world_.run_for(10s);
    if (server_) {
        EXPECT_EQ(server_->calls_in_progress(), 0U) << "calls never ended" << open_calls();
        EXPECT_EQ(server_->listening().statistics().handshakes, 0U);
    }
    if (successor_) {
        EXPECT_EQ(successor_->calls_in_progress(), 0U) << "calls of the successor never ended";
        successor_.reset();
    }
    server_.reset();
    world_.run_for(2s);
    for (auto& [number, one] : lines_)
        if (one->app && one->app->has_ended()) one->app->drop();
    EXPECT_LE(world_.open_descriptors(), descriptors_a_thread * threads_.size()) << "a connection is still open";
}

void simulated_server::drain() {
    const bool has_timeout = random_.one_in(2);
    const nanoseconds timeout = has_timeout ? random_.between(nanoseconds{}, nanoseconds(5s)) : nanoseconds::max();
    const nanoseconds began = world_.now();
    int reports = 0;
    server_->async_drain(timeout, [this, &reports, has_timeout](boost::system::error_code error, drain_report r) {
        ++reports;
        drained_ = true;
        EXPECT_FALSE(error) << error.message();
        EXPECT_EQ(server_->calls_in_progress(), 0U) << "drained with calls in progress";
        if (!has_timeout) {
            EXPECT_EQ(r.hung_up, 0U);
        }
    });
    if (!has_timeout)
        for (auto& [number, one] : lines_) {
            if (one->good) one->good->hang_up();
            if (one->bad) one->bad->leave();
        }
    world_.run_until([&] { return reports > 0; }, has_timeout ? timeout + 60s : nanoseconds(60s));
    EXPECT_EQ(reports, 1) << "the drain did not complete, with " << server_->calls_in_progress() << " calls and "
                          << server_->listening().statistics().handshakes << " handshakes";
    const auto lost = world_.lost_time(*threads_.front()) + world_.lost_time(*homes_.back());
    if (has_timeout && reports == 1 && !trouble_.bad_machine) {
        EXPECT_LE(world_.now() - began,
                  timeout + options_.call.send_timeout + options_.call.hangup_timeout + 1s + lost);
    }
    // Nothing is accepted any more.
    const auto before = server_->listening().statistics().connections;
    remote& late = world_.connect({asio::ip::make_address("10.0.0.1"), next_port_++}, port_);
    world_.run_for(3s);
    EXPECT_TRUE(late.was_reset()) << "a connection after the drain was not refused";
    EXPECT_EQ(server_->listening().statistics().connections, before);
}

// Another server takes over the listening socket, and the first drains.
void simulated_server::hand_over() {
    successor_ = std::make_unique<call_server>(
        *threads_.front(), listening_socket::adopt(file_descriptor(::dup(server_->listening().socket().descriptor()))),
        [this](call c) { on_call(std::move(c)); }, options_, homes_);
    bool drained = false;
    server_->async_drain(random_.between(nanoseconds{}, nanoseconds(5s)),
                         [&](boost::system::error_code error, drain_report) {
                             drained = true;
                             EXPECT_FALSE(error) << error.message();
                         });
    to_connect_ = 10;
    connect_later();
    world_.run_until([&] { return drained; }, 60s);
    EXPECT_TRUE(drained);
    EXPECT_EQ(server_->calls_in_progress(), 0U);
    server_.reset();
    world_.run_for(3s);
    EXPECT_GT(successor_->listening().statistics().connections, 0U) << "the successor accepted nothing";
}

void simulated_server::hang_up_callers() {
    to_connect_ = -1;
    for (auto& [number, one] : lines_) {
        if (one->good) one->good->hang_up();
        if (one->bad) one->bad->leave();
    }
}

void simulated_server::check_calls() {
    for (auto& [number, one] : lines_) {
        if (!one->app) continue;
        const bool is_healthy_line = one->was_undisturbed && is_healthy();
        if (one->good && one->good->closed_in_order() && is_healthy_line) {
            EXPECT_TRUE(one->good->got_end()) << "call " << number << ": the caller closed, and got no answer";
        }
        const nanoseconds end = one->app->has_ended() ? one->app->ended_at() : world_.now();
        call_time_ += end - one->app->started_at();
        if (!one->app->has_ended()) continue;
        const auto reason = one->app->end().reason;
        const bool by_caller = one->good && (reason == end_reason::peer_hung_up || reason == end_reason::peer_reset);
        one->app->check_end(by_caller, one->good ? one->good->sent() : 0, one->good ? one->good->digits() : "");
        if (!is_healthy_line) continue;
        EXPECT_FALSE(is_failure(reason)) << "call " << number << " ended: " << name(reason) << ": "
                                         << one->app->end().error.message();
    }
}

} // namespace audiosocket::sim
