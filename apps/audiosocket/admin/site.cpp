// SPDX-License-Identifier: Apache-2.0
#include "admin/site.hpp"

#include "admin/calls_json.hpp"
#include "admin/page_files.hpp"
#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "base/printable.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>

namespace audiosocket::app::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view calls_prefix = "/calls/";
constexpr std::string_view outline_suffix = "/outline";
constexpr std::string_view context_suffix = "/context";

response json_response(const json::object& body, unsigned status = 200) {
    return {status, "application/json", to_text(body) + '\n'};
}

response text_response(unsigned status, const std::string& text) {
    return {status, "text/plain; charset=utf-8", text + '\n'};
}

response wrong_method(const std::string& allowed) {
    auto refusal = error_response(405, "only " + allowed + " here");
    refusal.fields.emplace_back("Allow", allowed);
    return refusal;
}

// After a hand-over it may be up in another process, so this one says which it is.
response no_such_call(const uuid& id) {
    return json_response({{"error", "no call " + to_string(id) + " is up"}, {"pid", getpid()}}, 404);
}

response failed() {
    return error_response(500, "this cannot be answered now; the log of the server says why");
}

// Nobody can put anything else into our page, or our page into his.
response page_response(const page_file& file) {
    return {200,
            std::string(file.type),
            std::string(file.content),
            {{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                                         "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                                         "frame-ancestors 'none'"},
             {"X-Frame-Options", "DENY"}}};
}

// Why no more calls are accepted; empty where they are.
std::string unready(const snapshot& s) {
    if (s.server.stopping) return "stopping: no more calls are taken";
    if (s.calls.size() >= s.server.calls_max)
        return "full: " + std::to_string(s.calls.size()) + " calls are up, which is the limit";
    return {};
}

response readiness(const snapshot& s) {
    const auto why = unready(s);
    return why.empty() ? text_response(200, "ready") : text_response(503, why);
}

bool announces(const request& r) {
    return r.method == "PUT" || r.method == "POST"; // the dialplan function CURL() has no PUT
}

// The addresses of IPv4 as such, also where a socket of IPv6 shows them.
boost::asio::ip::address plain(const boost::asio::ip::address& from) {
    if (from.is_v6() && from.to_v6().is_v4_mapped()) return make_address_v4(boost::asio::ip::v4_mapped, from.to_v6());
    return from;
}

// Where callers reach this process. A listener on all addresses has that to which the client came, where the
// listener speaks its protocol: IPv6 hears IPv4 as well, and not the other way round.
std::string where_to_connect(const boost::asio::ip::tcp::endpoint& calls, const request& r) {
    if (!calls.address().is_unspecified()) return host_port({plain(calls.address()), calls.port()});
    const auto here = plain(r.local.address());
    if (here.is_unspecified() || (calls.address().is_v4() && here.is_v6())) return {};
    return host_port({here, calls.port()});
}

} // namespace

response error_response(unsigned status, const std::string& what) {
    return json_response({{"error", printable(what)}}, status); // it may name what was asked for
}

site::site(server_view& server, const call_registry& calls, guard who, back_context back,
           std::shared_ptr<call_directory> directory, more_metrics of_verb)
    : server_(server), calls_(calls), guard_(std::move(who)), back_(back), directory_(std::move(directory)),
      of_verb_(std::move(of_verb)), snapshots_(server, calls, back), health_(server), observers_(back),
      outlines_(back) {}

void site::answer(const request& r, const own_counters& own, reply tell) {
    guarded(tell, [&] {
        if (auto refusal = guard_.refuse(r)) {
            refusal->slow = refusal->status == 401 && !r.authorization.empty();
            if (refusal->slow) server_.wrong_token(r.peer);
            return tell(std::move(*refusal));
        }
        answer_for(target(r.target), r, own, tell);
    });
}

// Whatever goes wrong with a question, who asked is told, and nobody else comes to harm.
template <class Action>
void site::guarded(const reply& tell, Action action) {
    try {
        action();
    } catch (const bad_target& e) {
        tell(error_response(400, e.what()));
    } catch (const std::exception& e) {
        server_.answering_failed(e.what());
        tell(failed());
    }
}

void site::answer_for(const target& wanted, const request& r, const own_counters& own, const reply& tell) {
    const std::string& path = wanted.path;
    if (path.starts_with(calls_prefix)) return answer_for_call(path, wanted, r, tell);
    if (directory_)
        if (const auto wanted_call = hang_up_request::read(path)) return hang_up(*wanted_call, r, tell);
    const auto* file = find_page_file(path);
    const bool known =
        file || path == "/metrics" || path == "/healthz" || path == "/readyz" || path == "/calls" || path == "/status";
    if (!known) return tell(error_response(404, "nothing here by that name"));
    if (!only_looks(r)) return tell(wrong_method("GET, HEAD"));
    if (file) return tell(page_response(*file));
    if (path == "/healthz") return tell(health_.verdict());
    if (path == "/calls") return show_calls(call_query::from(wanted.query), tell);
    with_snapshot(tell, [this, path, own, tell](const std::shared_ptr<const snapshot>& s) {
        if (path == "/metrics")
            tell({200, metrics_type,
                  metrics_text(*s, own, directory_ ? directory_->counts() : context_registry_counts{},
                               of_verb_ ? of_verb_() : std::vector<metric>{})});
        else if (path == "/readyz")
            tell(readiness(*s));
        else
            tell(json_response(status_json(*s)));
    });
}

void site::with_snapshot(const reply& tell, snapshots::handler then) {
    auto guarded_then = [this, tell, then = std::move(then)](const std::shared_ptr<const snapshot>& s) {
        if (!s) return tell(failed()); // and whoever failed has said so
        guarded(tell, [&] { then(s); });
    };
    if (!snapshots_.take(std::move(guarded_then))) tell(error_response(503, "a thread of the calls does not answer"));
}

void site::show_calls(const call_query& q, const reply& tell) {
    with_snapshot(tell, [this, q, tell](const std::shared_ptr<const snapshot>& s) {
        const selection chosen = select(*s, q);
        if (q.levels) {
            std::vector<std::weak_ptr<live_call>> shown;
            for (const call_row* row : chosen.rows)
                shown.push_back(row->who);
            observers_.look_at_levels(shown);
        }
        tell(json_response(to_json(*s, chosen)));
    });
}

void site::answer_for_call(const std::string& path, const target& wanted, const request& r, const reply& tell) {
    std::string_view rest = std::string_view(path).substr(calls_prefix.size());
    const bool outline = rest.ends_with(outline_suffix);
    const bool context = directory_ && rest.ends_with(context_suffix);
    if (outline) rest.remove_suffix(outline_suffix.size());
    if (context) rest.remove_suffix(context_suffix.size());
    error_code error;
    const uuid id = uuid::parse(rest, error);
    if (error) return tell(error_response(400, "the id of a call looks like 8-4-4-4-12 hex digits"));
    if (context) return answer_for_context(id, r, tell);
    if (!outline) {
        if (r.method == "DELETE") return hang_up(id, r, tell);
        if (directory_ && announces(r)) return announce(id, r, tell);
        if (only_looks(r)) return show_call(id, tell);
        return tell(wrong_method(directory_ ? "GET, HEAD, PUT, POST, DELETE" : "GET, HEAD, DELETE"));
    }
    if (!only_looks(r)) return tell(wrong_method("GET, HEAD"));
    // No call lasts longer: that is 40 years.
    constexpr std::size_t slot_max = 0xffffffff;
    const auto from = wanted.query.find("from");
    show_outline(id, from == wanted.query.end() ? 0 : number("from", from->second, slot_max), tell);
}

// Ids need not be unique: the youngest call is the one that was meant, most likely.
void site::show_call(const uuid& id, const reply& tell) {
    with_snapshot(tell, [id, tell](const std::shared_ptr<const snapshot>& s) {
        const call_row* found = nullptr;
        for (const call_row& c : s->calls)
            if (c.id == id && (!found || c.age < found->age)) found = &c;
        tell(found ? json_response(to_json(*found)) : no_such_call(id));
    });
}

call_list site::named(const uuid& id) const {
    auto found = calls_.look().in_progress;
    std::erase_if(found, [&](const auto& call) { return call->line().id() != id; });
    std::ranges::sort(found, {}, [](const auto& call) { return call->age(); });
    return found;
}

void site::show_outline(const uuid& id, std::uint64_t from, const reply& tell) {
    auto calls = named(id);
    if (calls.empty()) return tell(no_such_call(id));
    calls.resize(1);
    if (!observers_.look_at_outline(calls.front()))
        return tell(error_response(503, "too many calls are being looked at closely; try again in some seconds"));
    outlines_.take(calls.front(), [this, from, tell](const std::shared_ptr<const outlines::drawn>& drawn) {
        guarded(tell, [&] {
            json::object found{{"slot_ms", sound_outline::slot_time.count()}};
            if (drawn) { // otherwise the call has just begun to be looked at
                found["received"] = to_json(drawn->received, from);
                found["sent"] = to_json(drawn->sent, from);
            }
            tell(json_response(found));
        });
    });
}

void site::answer_for_context(const uuid& id, const request& r, const reply& tell) {
    const bool removes = r.method == "DELETE";
    if (!removes && !only_looks(r)) return tell(wrong_method("GET, HEAD, DELETE"));
    if (removes && directory_->remove(id)) return tell(json_response({{"removed", 1}}));
    const auto found = removes ? std::nullopt : directory_->find(id);
    if (found) return tell({200, "application/json", *found + '\n'});
    tell(error_response(404, "nothing waits for the call " + to_string(id) +
                                 "; it was not announced, or has arrived, or its time is over"));
}

void site::announce(const uuid& id, const request& r, const reply& tell) {
    with_snapshot(tell, [this, id, r, tell](const std::shared_ptr<const snapshot>& s) {
        const announcement what{id, r.type, r.body, where_to_connect(s->server.calls_endpoint, r)};
        const auto why = unready(*s);
        tell(why.empty() ? directory_->announce(what) : directory_->announce_elsewhere(what, why));
    });
}

void site::hang_up(const uuid& id, const request& r, const reply& tell) {
    auto calls = named(id);
    if (calls.empty()) return tell(no_such_call(id));
    const auto count = calls.size();
    hang_up(std::move(calls), hang_up_time::now, id, r, [&] { tell(json_response({{"hung_up", count}}, 202)); });
}

void site::hang_up(const hang_up_request& wanted, const request& r, const reply& tell) {
    if (r.method != "POST") return tell(wrong_method("POST"));
    if (auto objection = hang_up_request::objection(r.body)) return tell(std::move(*objection));
    auto calls = wanted.id ? named(*wanted.id) : call_list();
    if (calls.empty()) return tell(wanted.not_found());
    // Bots ask for this as soon as they have sent their last word.
    hang_up(std::move(calls), hang_up_time::when_played, *wanted.id, r, [&] { tell(wanted.hung_up()); });
}

// Hangs up all calls of the id, as if the application had, and does not wait until they have ended. The client gets its
// answer first, because a server that stops may end with its last call.
void site::hang_up(call_list calls, hang_up_time when, const uuid& id, const request& r,
                   const std::function<void()>& tell) {
    server_.hung_up_by(r.peer, id, calls.size());
    tell();
    visit_calls(
        std::move(calls),
        [when](live_call& c, std::size_t) {
            if (when == hang_up_time::now)
                c.line().hang_up();
            else
                c.line().hang_up_when_played();
        },
        back_, [] {});
}

} // namespace audiosocket::app::admin
