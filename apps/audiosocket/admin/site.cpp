// SPDX-License-Identifier: Apache-2.0
#include "admin/site.hpp"

#include "admin/calls_json.hpp"
#include "admin/cluster_json.hpp"
#include "admin/cluster_metrics.hpp"
#include "admin/page_files.hpp"
#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "base/printable.hpp"

#include <boost/asio/dispatch.hpp>

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

// After a hand-over the call may be in another process, so the response says which process this is.
response no_such_call(const uuid& id) {
    return json_response({{"error", "no call " + to_string(id) + " is in progress"}, {"pid", getpid()}}, 404);
}

response directory_away(const uuid& id) {
    return error_response(503, "call " + to_string(id) +
                                   " is on another node, which cannot be asked: the directory is away; try again, or "
                                   "ask that node");
}

response failed() {
    return error_response(500, "this cannot be answered now; the log of the server says why");
}

// Other sites can neither run scripts in our page nor show it in a frame.
response page_response(const page_file& file) {
    return {200,
            std::string(file.type),
            std::string(file.content),
            {{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                                         "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                                         "frame-ancestors 'none'"},
             {"X-Frame-Options", "DENY"}}};
}

// Returns why no more calls are accepted; empty if they are.
std::string unready(const snapshot& s) {
    if (s.server.stopping) return "stopping: no new calls are accepted";
    if (s.calls.size() >= s.server.calls_max)
        return "full: " + std::to_string(s.calls.size()) + " calls in progress, which is the limit";
    return {};
}

// A directory that is away makes no node unready: all nodes have lost it, and calls go on.
response readiness(const snapshot& s, const directory::cluster_node* cluster) {
    const auto why = s.server.leaving ? "stopping soon: load balancers are to send no more calls" : unready(s);
    if (!why.empty()) return text_response(503, why);
    if (!cluster) return text_response(200, "ready");
    const auto known = cluster->look();
    if (known.connected) return text_response(200, "ready");
    return text_response(200, "ready; the directory is away: " + printable(known.why));
}

// Adds the nodes of the cluster, if the server belongs to one.
json::object with_nodes(json::object status, const directory::cluster_node* cluster) {
    if (cluster && cluster->is_shared()) status.emplace("cluster", nodes_json(*cluster));
    return status;
}

bool announces(const request& r) {
    return r.method == "PUT" || r.method == "POST"; // the dialplan function CURL() has no PUT
}

// Returns an IPv4 address as such, if an IPv6 socket shows it as mapped.
boost::asio::ip::address plain(const boost::asio::ip::address& from) {
    if (from.is_v6() && from.to_v6().is_v4_mapped()) return make_address_v4(boost::asio::ip::v4_mapped, from.to_v6());
    return from;
}

// Returns where callers reach this process. A listener on all addresses is reached at the address that the client used,
// if it listens there. A listener on all IPv6 addresses also accepts IPv4, but not the reverse.
std::string where_to_connect(const boost::asio::ip::tcp::endpoint& calls, const request& r) {
    if (!calls.address().is_unspecified()) return host_port({plain(calls.address()), calls.port()});
    const auto here = plain(r.local.address());
    if (here.is_unspecified() || (calls.address().is_v4() && here.is_v6())) return {};
    return host_port({here, calls.port()});
}

} // namespace

response error_response(unsigned status, const std::string& what) {
    return json_response({{"error", printable(what)}}, status); // the text may quote the request
}

site::site(server_view& server, const call_registry& calls, guard who, back_context back,
           std::shared_ptr<call_directory> directory, more_metrics of_verb,
           std::shared_ptr<directory::cluster_node> cluster)
    : server_(server), calls_(calls), guard_(std::move(who)), back_(back), directory_(std::move(directory)),
      of_verb_(std::move(of_verb)), cluster_(std::move(cluster)), snapshots_(server, calls, back), health_(server),
      observers_(back), outlines_(back) {}

void site::answer(const request& r, const own_counters& own, reply respond) {
    guarded(respond, [&] {
        if (auto refusal = guard_.refuse(r)) {
            refusal->slow = refusal->status == 401 && !r.authorization.empty();
            if (refusal->slow) server_.wrong_token(r.peer);
            return respond(std::move(*refusal));
        }
        answer_for(target(r.target), r, own, respond);
    });
}

// If a request fails, its client gets an error, and nothing else fails.
template <class Action>
void site::guarded(const reply& respond, Action action) {
    try {
        action();
    } catch (const bad_target& e) {
        respond(error_response(400, e.what()));
    } catch (const std::exception& e) {
        server_.answering_failed(e.what());
        respond(failed());
    }
}

void site::answer_for(const target& wanted, const request& r, const own_counters& own, const reply& respond) {
    const std::string& path = wanted.path;
    if (path.starts_with(calls_prefix)) return answer_for_call(path, wanted, r, respond);
    if (directory_)
        if (const auto wanted_call = hang_up_request::read(path)) return hang_up(*wanted_call, r, respond);
    const auto* file = find_page_file(path);
    const bool known =
        file || path == "/metrics" || path == "/healthz" || path == "/readyz" || path == "/calls" || path == "/status";
    if (!known) return respond(error_response(404, "nothing here by that name"));
    if (!only_looks(r)) return respond(wrong_method("GET, HEAD"));
    if (file) return respond(page_response(*file));
    if (path == "/healthz") return respond(health_.verdict());
    if (path == "/calls") return show_calls(call_query::from(wanted.query), respond);
    with_snapshot(respond, [this, path, own, respond](const std::shared_ptr<const snapshot>& s) {
        if (path == "/metrics") {
            respond({200, metrics_type,
                     metrics_text(*s, own, directory_ ? directory_->counts() : context_registry_counts{},
                                  all_metrics(of_verb_, cluster_.get()))});
        } else if (path == "/readyz") {
            respond(readiness(*s, cluster_.get()));
        } else {
            respond(json_response(with_nodes(status_json(*s), cluster_.get())));
        }
    });
}

void site::with_snapshot(const reply& respond, snapshots::handler then) {
    auto guarded_then = [this, respond, then = std::move(then)](const std::shared_ptr<const snapshot>& s) {
        if (!s) return respond(failed()); // the failure has been reported
        guarded(respond, [&] { then(s); });
    };
    if (!snapshots_.take(std::move(guarded_then)))
        respond(error_response(503, "a thread of the calls does not answer"));
}

void site::show_calls(const call_query& q, const reply& respond) {
    with_snapshot(respond, [this, q, respond](const std::shared_ptr<const snapshot>& s) {
        if (q.cluster && cluster_) return respond(json_response(cluster_json(*cluster_, *s, q)));
        const selection chosen = select(*s, q);
        if (q.levels) {
            std::vector<std::weak_ptr<live_call>> shown;
            for (const call_row* row : chosen.rows)
                shown.push_back(row->who);
            observers_.look_at_levels(shown);
        }
        respond(json_response(to_json(*s, chosen)));
    });
}

void site::answer_for_call(const std::string& path, const target& wanted, const request& r, const reply& respond) {
    std::string_view rest = std::string_view(path).substr(calls_prefix.size());
    const bool outline = rest.ends_with(outline_suffix);
    const bool context = directory_ && rest.ends_with(context_suffix);
    if (outline) rest.remove_suffix(outline_suffix.size());
    if (context) rest.remove_suffix(context_suffix.size());
    error_code error;
    const uuid id = uuid::parse(rest, error);
    if (error) return respond(error_response(400, "the id of a call looks like 8-4-4-4-12 hex digits"));
    if (context) return answer_for_context(id, r, respond);
    if (!outline) {
        if (r.method == "DELETE") return hang_up(id, r, respond);
        if (directory_ && announces(r)) return announce(id, r, respond);
        if (only_looks(r)) return show_call(id, respond);
        return respond(wrong_method(directory_ ? "GET, HEAD, PUT, POST, DELETE" : "GET, HEAD, DELETE"));
    }
    if (!only_looks(r)) return respond(wrong_method("GET, HEAD"));
    // A call of 40 years.
    constexpr std::size_t slot_max = 0xffffffff;
    const auto from = wanted.query.find("from");
    show_outline(id, from == wanted.query.end() ? 0 : number("from", from->second, slot_max), respond);
}

// Ids need not be unique; the latest call is most likely the right one.
void site::show_call(const uuid& id, const reply& respond) {
    with_snapshot(respond, [this, id, respond](const std::shared_ptr<const snapshot>& s) {
        const call_row* found = nullptr;
        for (const call_row& c : s->calls)
            if (c.id == id && (!found || c.age < found->age)) found = &c;
        if (found) return respond(json_response(to_json(*found)));
        const auto elsewhere = cluster_ ? cluster_->calls_elsewhere(id) : std::vector<directory::member::known_call>{};
        respond(elsewhere.empty() ? no_such_call(id) : json_response(to_json(elsewhere.front())));
    });
}

call_list site::named(const uuid& id) const {
    auto found = calls_.look().in_progress;
    std::erase_if(found, [&](const auto& call) { return call->line().id() != id; });
    std::ranges::sort(found, {}, [](const auto& call) { return call->age(); });
    return found;
}

void site::show_outline(const uuid& id, std::uint64_t from, const reply& respond) {
    auto calls = named(id);
    if (calls.empty()) return respond(no_such_call(id));
    calls.resize(1);
    if (!observers_.look_at_outline(calls.front()))
        return respond(error_response(503, "too many calls are being viewed at once; try again in a few seconds"));
    outlines_.take(calls.front(), [this, from, respond](const std::shared_ptr<const outlines::drawn>& drawn) {
        guarded(respond, [&] {
            json::object found{{"slot_ms", sound_outline::slot_time.count()}};
            if (drawn) { // otherwise the observation of the call has just begun
                found["received"] = to_json(drawn->received, from);
                found["sent"] = to_json(drawn->sent, from);
            }
            respond(json_response(found));
        });
    });
}

void site::answer_for_context(const uuid& id, const request& r, const reply& respond) {
    const bool removes = r.method == "DELETE";
    if (!removes && !only_looks(r)) return respond(wrong_method("GET, HEAD, DELETE"));
    if (removes) {
        const auto removed = directory_->remove(id);
        if (!removed)
            return respond(error_response(503,
                                          "a new process has taken over the announced calls; repeat the request in "
                                          "a new connection, which reaches that process"));
        if (*removed) return respond(json_response({{"removed", 1}}));
    }
    const auto found = removes ? std::nullopt : directory_->find(id);
    if (found) return respond({200, "application/json", *found + '\n'});
    const auto answer = [id, removes](const std::optional<std::string>& context) {
        if (context && removes) return json_response({{"removed", 1}});
        if (context) return response{200, "application/json", *context + '\n'};
        return error_response(404, "no announcement waits for call " + to_string(id) +
                                       "; it was not announced, has already arrived, or its announcement has expired");
    };
    if (!cluster_ || !cluster_->knows_more()) return respond(answer({}));
    cluster_->find_elsewhere(
        id, removes,
        [answer, later = from_any_thread(respond)](const std::optional<std::string>& c) { later(answer(c)); });
}

void site::announce(const uuid& id, const request& r, const reply& respond) {
    with_snapshot(respond, [this, id, r, respond](const std::shared_ptr<const snapshot>& s) {
        const announcement what{id, r.type, r.body, where_to_connect(s->server.calls_endpoint, r)};
        const auto why = unready(*s);
        if (why.empty())
            directory_->announce(what, from_any_thread(respond));
        else
            directory_->announce_elsewhere(what, why, from_any_thread(respond));
    });
}

void site::hang_up(const uuid& id, const request& r, const reply& respond) {
    auto calls = named(id);
    const auto asked = calls.empty() ? end_elsewhere(id, hang_up_time::now, r) : std::vector<directory::node_id>{};
    if (!asked.empty())
        return respond(json_response({{"hung_up", asked.size()}, {"node", directory::name_of(asked.front())}}, 202));
    if (calls.empty()) return respond(is_out_of_reach(id) ? directory_away(id) : no_such_call(id));
    const auto count = calls.size();
    hang_up(std::move(calls), hang_up_time::now, id, r, [&] { respond(json_response({{"hung_up", count}}, 202)); });
}

void site::hang_up(const hang_up_request& wanted, const request& r, const reply& respond) {
    if (r.method != "POST") return respond(wrong_method("POST"));
    if (auto objection = hang_up_request::objection(r.body)) return respond(std::move(*objection));
    auto calls = wanted.id ? named(*wanted.id) : call_list();
    if (wanted.id && calls.empty() && !end_elsewhere(*wanted.id, hang_up_time::when_played, r).empty())
        return respond(wanted.hung_up());
    if (calls.empty())
        return respond(wanted.id && is_out_of_reach(*wanted.id) ? directory_away(*wanted.id) : wanted.not_found());
    // Bots ask for this as soon as they have sent their last audio.
    hang_up(std::move(calls), hang_up_time::when_played, *wanted.id, r, [&] { respond(wanted.hung_up()); });
}

// Asks the nodes that have calls with this id.
std::vector<directory::node_id> site::end_elsewhere(const uuid& id, hang_up_time when, const request& r) {
    if (!cluster_) return {};
    auto asked = cluster_->end_elsewhere(id, when == hang_up_time::when_played);
    if (!asked.empty()) server_.hung_up_by(r.peer, id, asked.size());
    return asked;
}

// Returns whether another node has this call, as far as is known, and cannot be asked.
bool site::is_out_of_reach(const uuid& id) const {
    return cluster_ && !cluster_->knows_more() && !cluster_->calls_elsewhere(id).empty();
}

// A response from another thread is given on the thread of the admin address.
reply site::from_any_thread(const reply& respond) const {
    return [respond, back = back_](response what) {
        boost::asio::dispatch(*back, [respond, what = std::move(what)]() mutable { respond(std::move(what)); });
    };
}

// Hangs up all calls of the id, as the application would, and does not wait until they have ended. The client gets its
// response first, because a server that stops may end with its last call.
void site::hang_up(call_list calls, hang_up_time when, const uuid& id, const request& r,
                   const std::function<void()>& respond) {
    server_.hung_up_by(r.peer, id, calls.size());
    respond();
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
