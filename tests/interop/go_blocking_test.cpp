// SPDX-License-Identifier: Apache-2.0
#include "interop_test.hpp"

#include "support/raw_peer.hpp"

#include <audiosocket/net/blocking.hpp>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

/// The replacements of GetID, NextMessage and SendSlinChunks, each compared with the original.
class go_blocking : public go_interop_test {
  protected:
    // Returns the audio until the hangup message or the end. `error` says how it ended.
    static bytes hear(raw_peer::tcp::socket& socket, std::size_t enough, boost::system::error_code& error) {
        bytes heard;
        std::vector<std::byte> store;
        while (heard.size() < enough) {
            const message m = read_message(socket, store, error);
            if (error || m.kind == kind::hangup) break;
            EXPECT_EQ(m.kind, kind::slin);
            heard.insert(heard.end(), m.payload.begin(), m.payload.end());
        }
        return heard;
    }

    static constexpr std::size_t all = static_cast<std::size_t>(-1);
};

} // namespace

TEST_F(go_blocking, our_functions_call_a_go_server) {
    const bytes said = numbered(2500); // not a multiple of a frame
    for_each_version([&](const std::string&, const program& go) {
        start_server(go, {"echo"});
        raw_peer caller = connect();
        boost::system::error_code error;
        write_message(caller.socket(), id_message(uuid::parse(id_text)), error);
        ASSERT_FALSE(error) << error.message();

        boost::system::error_code written;
        std::jthread speaking([&] { write_paced(caller.socket(), said, {}, written); });
        EXPECT_EQ(hear(caller.socket(), said.size(), error), said);
        speaking.join();
        EXPECT_FALSE(written) << written.message();

        write_message(caller.socket(), hangup_message(), error);
        EXPECT_TRUE(server->wait_for_output(std::string("ended ") + id_text + " hung up\n")) << server->out;
        EXPECT_TRUE(hear(caller.socket(), all, error).empty());
        EXPECT_EQ(error, boost::asio::error::eof);
    });
}

TEST_F(go_blocking, our_functions_answer_a_go_caller) {
    const auto said_file = numbered_file("said.slin", 2500);
    const auto heard_file = folder / "heard.slin";
    const bytes played = numbered(4000);
    for_each_version([&](const std::string&, const program& go) {
        boost::asio::io_context io;
        raw_peer::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
        where = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
        process caller(
            join(go, {"call", where, id_text, said_file.string(), heard_file.string(), std::to_string(played.size())}));
        raw_peer answering(acceptor);

        boost::system::error_code error;
        EXPECT_EQ(to_string(read_id(answering.socket(), error)), id_text);
        ASSERT_FALSE(error) << error.message();
        boost::system::error_code written;
        std::jthread speaking([&] { write_paced(answering.socket(), played, {}, written); });
        const bytes heard = hear(answering.socket(), all, error);
        EXPECT_FALSE(error) << error.message(); // it hung up
        speaking.join();
        EXPECT_FALSE(written) << written.message();
        answering.finish();
        EXPECT_EQ(caller.wait(), 0) << caller.err;

        EXPECT_EQ(hex(heard), hex(pcm_of(numbers(2500))));
        EXPECT_EQ(hex(pcm_of(read_mono(heard_file))), hex(played));
    });
}
