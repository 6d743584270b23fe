// SPDX-License-Identifier: Apache-2.0
#ifdef AUDIOSOCKET_NATS

#include "directory/nats_connection.hpp"

#include <nats/nats.h>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace audiosocket::app::directory {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds connect_time = 2s;
constexpr milliseconds answer_time = 2s;

// A server that does not answer, or is behind a broken network, is noticed after two of them.
constexpr milliseconds ping_interval = 2s;
constexpr int pings_out_max = 2;

// The bucket removes old entries after this: those of dead nodes, and the marks of removed keys. Nodes write their own
// again three times in it. Shorter costs more writes, longer keeps more marks: a million at 1,000 calls a second.
constexpr std::chrono::nanoseconds bucket_ttl = 10min;

// The snapshot of 100,000 calls.
constexpr int pending_messages_max = 1'000'000;

void check(natsStatus s, const std::string& step) {
    if (s == NATS_OK) return;
    const char* more = nats_GetLastError(nullptr);
    const std::string text = natsStatus_GetText(s);
    throw std::runtime_error(more && *more ? fmt::format("{}: {} ({})", step, text, more)
                                           : fmt::format("{}: {}", step, text));
}

std::shared_ptr<natsOptions> make_options(const nats_options& how) {
    natsOptions* made = nullptr;
    check(natsOptions_Create(&made), "NATS");
    std::shared_ptr<natsOptions> o(made, natsOptions_Destroy);
    std::vector<const char*> servers;
    for (const auto& one : how.servers)
        servers.push_back(one.c_str());
    check(natsOptions_SetServers(made, servers.data(), static_cast<int>(servers.size())), "the address of NATS");
    check(natsOptions_SetName(made, how.client_name.c_str()), "the name of the node");
    check(natsOptions_SetTimeout(made, connect_time.count()), "NATS");
    check(natsOptions_SetAllowReconnect(made, false), "NATS");
    check(natsOptions_SetPingInterval(made, ping_interval.count()), "NATS");
    check(natsOptions_SetMaxPingsOut(made, pings_out_max), "NATS");
    check(natsOptions_SetMaxPendingMsgs(made, pending_messages_max), "NATS");
    if (how.tls) check(natsOptions_SetSecure(made, true), "TLS");
    if (!how.ca_file.empty()) check(natsOptions_LoadCATrustedCertificates(made, how.ca_file.c_str()), how.ca_file);
    if (!how.certificate_file.empty())
        check(natsOptions_LoadCertificatesChain(made, how.certificate_file.c_str(), how.key_file.c_str()),
              how.certificate_file);
    if (!how.credentials_file.empty())
        check(natsOptions_SetUserCredentialsFromFiles(made, how.credentials_file.c_str(), nullptr),
              how.credentials_file);
    if (const auto colon = how.login.find(':'); colon != std::string::npos)
        check(natsOptions_SetUserInfo(made, how.login.substr(0, colon).c_str(), how.login.substr(colon + 1).c_str()),
              "the login");
    else if (!how.login.empty())
        check(natsOptions_SetToken(made, how.login.c_str()), "the login");
    return o;
}

} // namespace

void nats_connection::check(const nats_options& how) {
    make_options(how);
}

nats_connection::nats_connection(const nats_options& how, std::function<bool()> gives_up)
    : gives_up_(std::move(gives_up)), options_(make_options(how)) {
    try {
        directory::check(natsOptions_SetClosedCB(
                             options_.get(),
                             [](natsConnection*, void* self) { static_cast<nats_connection*>(self)->closed_ = true; },
                             this),
                         "NATS");
        directory::check(natsConnection_Connect(&connection_, options_.get()), "cannot connect to NATS");
        open_bucket(how);
    } catch (...) {
        close();
        throw;
    }
}

void nats_connection::go_on() const {
    if (gives_up_()) throw std::runtime_error("this process is stopping");
}

void nats_connection::open_bucket(const nats_options& how) {
    jsOptions js;
    directory::check(jsOptions_Init(&js), "JetStream");
    js.Wait = answer_time.count();
    go_on();
    directory::check(natsConnection_JetStream(&stream_, connection_, &js), "JetStream");
    natsStatus s = js_KeyValue(&bucket_, stream_, how.bucket.c_str());
    go_on();
    if (s == NATS_NOT_FOUND) {
        kvConfig wanted;
        directory::check(kvConfig_Init(&wanted), "JetStream");
        wanted.Bucket = how.bucket.c_str();
        wanted.Description = "audiosocket: nodes, calls and announced calls";
        wanted.History = 1;
        wanted.MaxValueSize = static_cast<int32_t>(value_bytes_max);
        wanted.TTL = std::max<std::chrono::nanoseconds>(bucket_ttl, 4 * how.lease).count();
        wanted.StorageType = js_MemoryStorage;
        s = js_CreateKeyValue(&bucket_, stream_, &wanted);
        go_on();
        // Another node may have created it at the same moment.
        if (s != NATS_OK) s = js_KeyValue(&bucket_, stream_, how.bucket.c_str());
    }
    directory::check(s, fmt::format("the bucket {} (is JetStream enabled?)", how.bucket));
    go_on();
    kvStatus* status = nullptr;
    directory::check(kvStore_Status(&status, bucket_), "the bucket " + how.bucket);
    ttl_ = std::chrono::nanoseconds(kvStatus_TTL(status));
    kvStatus_Destroy(status);
    go_on();
    directory::check(kvStore_WatchAll(&watcher_, bucket_, nullptr), "watching the bucket " + how.bucket);
}

nats_connection::~nats_connection() {
    close();
}

// The connection first, so that nothing waits for an answer; its callback is the last that uses this object.
void nats_connection::close() noexcept {
    if (connection_) natsConnection_Close(connection_);
    kvWatcher_Destroy(watcher_);
    kvStore_Destroy(bucket_);
    jsCtx_Destroy(stream_);
    if (connection_) {
        for (int n = 0; n < 500 && !closed_; ++n)
            nats_Sleep(10);
        natsConnection_Destroy(connection_);
    }
}

nats_connection::change nats_connection::next_change(update& into, std::chrono::milliseconds most) {
    kvEntry* entry = nullptr;
    const natsStatus s = kvWatcher_Next(&entry, watcher_, most.count());
    if (s == NATS_TIMEOUT) {
        if (closed_) throw std::runtime_error("the connection to NATS was closed");
        return change::none;
    }
    directory::check(s, "watching the bucket");
    if (!entry) return change::snapshot_complete;
    const std::unique_ptr<kvEntry, void (*)(kvEntry*)> owner(entry, kvEntry_Destroy);
    into.key = kvEntry_Key(entry);
    into.revision = kvEntry_Revision(entry);
    into.value.reset();
    if (kvEntry_Operation(entry) == kvOp_Put)
        into.value.emplace(static_cast<const char*>(kvEntry_Value(entry)),
                           static_cast<std::size_t>(kvEntry_ValueLen(entry)));
    return change::entry;
}

void nats_connection::write(const std::string& key, const std::optional<std::string>& value) {
    if (closed_) throw std::runtime_error("the connection to NATS was closed");
    const auto s = value ? kvStore_Put(nullptr, bucket_, key.c_str(), value->data(), static_cast<int>(value->size()))
                         : kvStore_Delete(bucket_, key.c_str());
    directory::check(s, "writing into the bucket");
}

std::optional<std::string> nats_connection::read(const std::string& key) {
    kvEntry* entry = nullptr;
    const natsStatus s = kvStore_Get(&entry, bucket_, key.c_str());
    if (s == NATS_NOT_FOUND) return std::nullopt;
    directory::check(s, "reading from the bucket");
    std::string value(static_cast<const char*>(kvEntry_Value(entry)),
                      static_cast<std::size_t>(kvEntry_ValueLen(entry)));
    kvEntry_Destroy(entry);
    return value;
}

} // namespace audiosocket::app::directory

#endif
