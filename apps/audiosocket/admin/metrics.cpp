// SPDX-License-Identifier: Apache-2.0
#include "admin/metrics.hpp"

#include "base/process_figures.hpp"

#include <audiosocket/version.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>
#include <type_traits>

namespace audiosocket::app::admin {
namespace {

namespace prom = prometheus;

using label_list = std::vector<prom::ClientMetric::Label>;

class families {
  public:
    prom::MetricFamily& family(const char* name, const char* help, prom::MetricType type) {
        auto& f = all_.emplace_back();
        f.name = name;
        f.help = help;
        f.type = type;
        return f;
    }

    template <class Number>
    void counter(const char* name, const char* help, Number value) {
        add(family(name, help, prom::MetricType::Counter), {}, value);
    }

    template <class Number>
    void gauge(const char* name, const char* help, Number value) {
        add(family(name, help, prom::MetricType::Gauge), {}, value);
    }

    template <class Number>
    requires std::is_arithmetic_v<Number>
    static void add(prom::MetricFamily& f, label_list labels, Number value) {
        auto& m = f.metric.emplace_back();
        m.label = std::move(labels);
        (f.type == prom::MetricType::Counter ? m.counter.value : m.gauge.value) = static_cast<double>(value);
    }

    /// A histogram: duration_histogram or wait_histogram.
    template <class Histogram>
    requires(!std::is_arithmetic_v<Histogram>) static void add(prom::MetricFamily& f, label_list labels,
                                                               const Histogram& h) {
        auto& m = f.metric.emplace_back();
        m.label = std::move(labels);
        for (std::size_t n = 0; n < Histogram::bounded_buckets; ++n) {
            m.histogram.sample_count += h.count(n);
            const double bound = std::chrono::duration<double>(Histogram::bound(n)).count();
            m.histogram.bucket.push_back({m.histogram.sample_count, bound});
        }
        m.histogram.sample_count += h.count(Histogram::bounded_buckets);
        m.histogram.sample_sum = std::chrono::duration<double>(h.sum()).count();
    }

    const std::vector<prom::MetricFamily>& all() const noexcept { return all_; }

  private:
    std::vector<prom::MetricFamily> all_;
};

double in_seconds(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

// Turns "peer hung up" into the label value peer_hung_up.
std::string label_of(end_reason reason) {
    std::string text(name(reason));
    std::ranges::replace(text, ' ', '_');
    return text;
}

void add_server(families& f, const snapshot& s) {
    const auto& l = s.server.listening;
    families::add(
        f.family("audiosocket_build_info", "Version of the running server; always 1.", prom::MetricType::Gauge),
        {{"version", std::string(version)}}, 1);
    const bool full = s.calls.size() >= s.server.calls_max;
    f.gauge("audiosocket_ready", "1 while new calls are wanted, 0 when stopping, about to stop, or full.",
            !s.server.stopping && !s.server.leaving && !full);
    f.gauge("audiosocket_stopping", "1 while the server stops: it accepts no new calls, and calls in progress finish.",
            s.server.stopping);
    f.gauge("audiosocket_calls", "Calls in progress.", s.calls.size());
    f.gauge("audiosocket_calls_limit", "Most calls at once (--max-calls).", s.server.calls_max);
    f.gauge("audiosocket_handshakes", "Connections that have not sent their id yet.", l.handshakes);
    f.gauge("audiosocket_handshakes_limit", "Most connections that have not sent their id yet (--max-handshakes).",
            s.server.handshakes_max);
    f.gauge("audiosocket_call_threads", "Threads that the calls are spread over (--shards).", s.threads.size());

    f.counter("audiosocket_connections_total", "Connections accepted, including those that did not become calls.",
              l.connections);
    f.counter("audiosocket_calls_started_total", "Connections that became calls.", l.calls);
    auto& ended =
        f.family("audiosocket_calls_ended_total", "Calls that have ended, by reason.", prom::MetricType::Counter);
    for (std::size_t n = 1; n < ended_calls::reasons; ++n) {
        const auto reason = static_cast<end_reason>(n);
        if (reason == end_reason::never_started) continue; // not a call
        families::add(ended, {{"reason", label_of(reason)}}, s.ended.by_reason[n]);
    }
    auto& refused = f.family("audiosocket_connections_refused_total", "Connections refused at once, by reason.",
                             prom::MetricType::Counter);
    families::add(refused, {{"reason", "files"}}, l.refused_files);
    families::add(refused, {{"reason", "full"}}, l.refused_full);
    families::add(refused, {{"reason", "host"}}, l.refused_host);
    families::add(refused, {{"reason", "network"}}, l.refused_network);
    families::add(refused, {{"reason", "options"}}, l.refused_options);
    families::add(refused, {{"reason", "proxy_header"}}, l.refused_proxy_header);
    f.counter("audiosocket_handshakes_evicted_total", "Connections closed before their id to admit newer connections.",
              l.evicted);
    f.counter("audiosocket_handshakes_failed_total", "Connections that ended before their id, for any reason.",
              l.never_started);
    f.counter("audiosocket_accept_errors_total", "Times the system refused to accept (no descriptors, no memory).",
              l.accept_errors);
}

void add_recordings(families& f, const recording_counts& r) {
    f.counter("audiosocket_recordings_total", "Calls for which a recording was requested (--record).", r.begun);
    f.counter("audiosocket_recordings_failed_total", "Calls whose recording failed or did not begin.", r.failed);
    f.counter("audiosocket_recordings_dropped_seconds_total",
              "Sound that is missing in complete recordings, both sides together.",
              std::chrono::duration<double>(r.dropped).count());
    f.counter("audiosocket_recordings_refused_bytes_total",
              "Sound left out of recordings because too much sound waited for the disk.", r.refused_bytes);
    f.gauge("audiosocket_recordings_waiting_bytes", "Sound that waits for the disk.", r.waiting_bytes);
    f.gauge("audiosocket_recordings_waiting_bytes_limit", "Most sound that may wait for the disk (--record-memory).",
            r.waiting_bytes_max);
}

void add_findings(families& f, const finding_counts& counts) {
    auto& found = f.family(
        "audiosocket_findings_total",
        "Calls and connections that did not send AudioSocket, or whose audio did not match its label, by finding.",
        prom::MetricType::Counter);
    for (std::size_t n = 0; n < counts.size(); ++n)
        families::add(found, {{"code", std::string(name(static_cast<diagnosis::code>(n)))}}, counts[n]);
}

void add_audio(families& f, const snapshot& s) {
    const call_statistics c = s.counted();
    f.counter("audiosocket_received_frames_total", "Audio messages received from callers.", c.frames_received);
    f.counter("audiosocket_received_bytes_total", "Bytes received from callers, headers included.", c.bytes_received);
    f.counter("audiosocket_received_frames_dropped_total",
              "Audio messages that were dropped because the application did not read them in time.", c.frames_dropped);
    f.counter("audiosocket_received_frames_above_rate_total",
              "Audio messages that were dropped because their rate is above --max-rate.", c.frames_above_rate);
    f.counter("audiosocket_received_digits_total", "Keys that callers pressed.", c.digits_received);
    f.counter("audiosocket_received_digits_dropped_total",
              "Keys that were dropped because the application did not read them in time.", c.digits_dropped);
    f.counter("audiosocket_sent_frames_total", "Audio messages sent to callers, silence included.", c.frames_sent);
    f.counter("audiosocket_sent_bytes_total", "Bytes sent to callers, headers included.", c.bytes_sent);
    f.counter("audiosocket_sent_silence_frames_total", "Audio messages sent to callers that contained only silence.",
              c.silence_frames_sent);
    f.counter("audiosocket_sent_late_frames_total", "Frames sent more than 5 ms late.", c.late_frames);
    f.counter("audiosocket_sent_skipped_frames_total", "Frame times at which no frame was sent.", c.skipped_frames);
    f.counter("audiosocket_sent_left_out_seconds_total",
              "Live audio that was left out after a standstill, so that the audio after it is on time.",
              static_cast<double>(c.left_out_ms) / 1000);
    f.counter("audiosocket_sends_stalled_total", "Messages that the kernel did not take whole at once.",
              c.stalled_sends);
    f.counter("audiosocket_underruns_total", "Times that playback ran out of audio before its end.", c.underruns);

    std::chrono::milliseconds queued{};
    std::chrono::milliseconds longest{};
    for (const call_row& one : s.calls) {
        queued += one.queued;
        longest = std::max(longest, one.queued);
    }
    f.gauge("audiosocket_queued_seconds", "Audio that waits to be played, of all calls.", in_seconds(queued));
    f.gauge("audiosocket_queued_longest_seconds", "Audio that waits to be played, of the call with the longest queue.",
            in_seconds(longest));

    auto& odd =
        f.family("audiosocket_received_oddities_total",
                 "Messages of callers that break the protocol and were tolerated, by kind.", prom::MetricType::Counter);
    const std::pair<const char*, std::uint64_t> kinds[] = {
        {"empty_audio", c.empty_audio},    {"odd_audio", c.odd_audio},      {"bad_digit", c.bad_digits},
        {"unknown_kind", c.unknown_kinds}, {"kind_change", c.kind_changes}, {"split_header", c.split_headers},
        {"fragment", c.fragments},
    };
    for (const auto& kind : kinds)
        families::add(odd, {{"kind", kind.first}}, kind.second);
}

void add_distributions(families& f, const snapshot& s) {
    auto& late =
        f.family("audiosocket_sent_frame_lateness_seconds", "How late frames were sent.", prom::MetricType::Histogram);
    auto& jitter =
        f.family("audiosocket_received_frame_deviation_seconds",
                 "Difference between the time from one audio message to the next and the duration of its audio.",
                 prom::MetricType::Histogram);
    auto& waits = f.family("audiosocket_arrival_wait_seconds",
                           "How long received bytes waited in the kernel to be read (measured for one call in 32).",
                           prom::MetricType::Histogram);
    auto& ticks = f.family("audiosocket_tick_lateness_seconds",
                           "How late the kernel woke a thread of calls for its ticks.", prom::MetricType::Histogram);
    for (std::size_t n = 0; n < s.threads.size(); ++n) {
        const label_list thread{{"thread", std::to_string(n)}};
        families::add(late, thread, s.threads[n].calls.frame_lateness);
        families::add(jitter, thread, s.threads[n].calls.arrival_deviation);
        families::add(waits, thread, s.threads[n].arrival_wait);
        families::add(ticks, thread, s.threads[n].tick_lateness);
    }
}

void add_contexts(families& f, const context_registry_counts& c) {
    f.gauge("audiosocket_contexts", "Announced calls that have not arrived yet.", c.entries);
    f.gauge("audiosocket_contexts_limit", "Most announced calls that may wait.", c.entries_max);
    f.gauge("audiosocket_contexts_bytes", "Memory that announcements hold.", c.bytes);
    f.gauge("audiosocket_contexts_bytes_limit", "Most memory that announcements may hold.", c.bytes_max);
    f.counter("audiosocket_contexts_registered_total", "Calls that were announced.", c.registered);
    f.counter("audiosocket_contexts_taken_total", "Announced calls that arrived.", c.taken);
    f.counter("audiosocket_contexts_missed_total", "Calls that arrived and were not announced.", c.missed);
    f.counter("audiosocket_contexts_expired_total", "Announced calls that did not arrive in time.", c.expired);
    f.counter("audiosocket_contexts_replaced_total", "Calls that were announced again before they arrived.",
              c.replaced);
    f.counter("audiosocket_contexts_removed_total", "Announcements that were withdrawn.", c.removed);
    f.counter("audiosocket_contexts_refused_total", "Announcements that were refused: too large, or too many.",
              c.refused);
}

void add_admin(families& f, const own_counters& own) {
    f.counter("audiosocket_admin_connections_total", "Connections to the admin address.", own.connections);
    f.counter("audiosocket_admin_connections_closed_early_total",
              "Connections to the admin address closed to admit others, or because of what they sent.",
              own.connections_closed_early);
    f.counter("audiosocket_admin_requests_total", "Requests to the admin address.", own.requests);
    f.counter("audiosocket_admin_requests_refused_total",
              "Requests that were refused: without the right token, or from pages of other sites.",
              own.requests_refused);
}

// When the process was started, in seconds since 1970: field 22 of /proc/self/stat is in ticks since the machine was.
// When that was is computed, because a confined service may not read /proc/stat (ProcSubset=pid).
double start_time() {
    std::ifstream stat("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size()))); // the name may have spaces
    std::string field;
    constexpr int ticks_field = 22 - 2; // the first two are before the end of the name
    for (int n = 0; n < ticks_field; ++n)
        fields >> field;
    const auto seconds = [](clockid_t clock) {
        timespec now{};
        clock_gettime(clock, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    };
    const double booted = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
    return booted + std::strtod(field.c_str(), nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Under the names that all exporters of Prometheus use.
void add_process(families& f) {
    const auto figures = look_at(getpid());
    if (!figures) return;
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    static const double started = start_time();
    f.counter("process_cpu_seconds_total", "Processor time used.", std::chrono::duration<double>(figures->cpu).count());
    f.gauge("process_resident_memory_bytes", "Memory in use.", figures->resident_bytes);
    f.gauge("process_open_fds", "Open files.", figures->descriptors);
    f.gauge("process_max_fds", "Files that may be open.", files.rlim_cur);
    f.gauge("process_threads", "Threads.", figures->threads);
    f.gauge("process_start_time_seconds", "When the process was started, in seconds since 1970.", started);
}

void add_metric(families& f, const metric& m) {
    const auto* number = std::get_if<double>(&m.value);
    if (number && m.is_gauge)
        f.gauge(m.name.c_str(), m.help.c_str(), *number);
    else if (number)
        f.counter(m.name.c_str(), m.help.c_str(), *number);
    else
        families::add(f.family(m.name.c_str(), m.help.c_str(), prom::MetricType::Histogram), {},
                      std::get<wait_histogram>(m.value));
}

} // namespace

std::string metrics_text(const snapshot& s, const own_counters& own, const context_registry_counts& contexts,
                         const std::vector<metric>& of_verb) {
    families f;
    add_server(f, s);
    add_recordings(f, s.server.recordings);
    add_findings(f, s.server.findings);
    add_audio(f, s);
    add_distributions(f, s);
    add_contexts(f, contexts);
    for (const metric& m : of_verb)
        add_metric(f, m);
    add_admin(f, own);
    add_process(f);
    return prom::TextSerializer().Serialize(f.all());
}

} // namespace audiosocket::app::admin
