// SPDX-License-Identifier: Apache-2.0
#include "admin/site.hpp"

#include "admin/calls_json.hpp"
#include "admin/page_files.hpp"
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

response readiness(const snapshot& s) {
    if (s.server.stopping) return text_response(503, "stopping: no more calls are taken");
    if (s.calls.size() >= s.server.calls_max)
        return text_response(503, "full: " + std::to_string(s.calls.size()) + " calls are up, which is the limit");
    return text_response(200, "ready");
}

} // namespace

response error_response(unsigned status, const std::string& what) {
    return json_response({{"error", printable(what)}}, status); // it may name what was asked for
}

site::site(server_view& server, const call_registry& calls, guard who, back_context back)
    : server_(server), calls_(calls), guard_(std::move(who)), back_(back), snapshots_(server, calls, back),
      health_(server), observers_(back), outlines_(back) {}

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
    const auto* file = find_page_file(path);
    const bool known =
        file || path == "/metrics" || path == "/healthz" || path == "/readyz" || path == "/calls" || path == "/status";
    if (!known) return tell(error_response(404, "nothing here by that name"));
    if (!only_looks(r)) return tell(wrong_method("GET, HEAD"));
    if (file) return tell(page_response(*file));
    if (path == "/healthz") return tell(health_.verdict());
    if (path == "/calls") return show_calls(call_query::from(wanted.query), tell);
    with_snapshot(tell, [path, own, tell](const std::shared_ptr<const snapshot>& s) {
        if (path == "/metrics")
            tell({200, metrics_type, metrics_text(*s, own)});
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
    if (outline) rest.remove_suffix(outline_suffix.size());
    error_code error;
    const uuid id = uuid::parse(rest, error);
    if (error) return tell(error_response(400, "the id of a call looks like 8-4-4-4-12 hex digits"));
    if (r.method == "DELETE" && !outline) return hang_up(id, r, tell);
    if (!only_looks(r)) return tell(wrong_method(outline ? "GET, HEAD" : "GET, HEAD, DELETE"));
    if (!outline) return show_call(id, tell);
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

// All that bear the id. They end as if the program had hung up; when that is done is not waited for. Where a server
// stops that may be its end, so whoever asked is told first.
void site::hang_up(const uuid& id, const request& r, const reply& tell) {
    auto calls = named(id);
    if (calls.empty()) return tell(no_such_call(id));
    server_.hung_up_by(r.peer, id, calls.size());
    tell(json_response({{"hung_up", calls.size()}}, 202));
    visit_calls(
        std::move(calls), [](live_call& c, std::size_t) { c.line().hang_up(); }, back_, [] {});
}

} // namespace audiosocket::app::admin
