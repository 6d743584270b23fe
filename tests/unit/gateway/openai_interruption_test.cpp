// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/openai_call.hpp"

#include <audiosocket/call/session.hpp>

#include <gtest/gtest.h>

#include <algorithm>

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace audiosocket::test;
using namespace audiosocket::test::openai_service;
using namespace std::chrono_literals;

namespace {

class openai_interruption : public openai_test {};

// A whole call: a session plays what the dialect asks for, and reports its results to the dialect.
class real_call final : public dialect_output {
  public:
    void run_until(time_point end, dialect& in) {
        while (now_ < end) {
            const auto next = session_.poll(now_);
            if (next.what == session_action::type::transmit) {
                if (std::ranges::any_of(next.bytes.subspan(3), [](std::byte b) { return b != std::byte{0}; }))
                    ++frames_with_audio;
                session_.transmitted(now_);
            } else if (next.what == session_action::type::deliver) {
                if (const auto* reached = std::get_if<played_event>(&*next.event)) in.played(*reached, *this);
                if (const auto* cut = std::get_if<cleared_event>(&*next.event)) in.cleared(*cut, *this);
            } else if (next.what == session_action::type::wait) {
                now_ = std::min(end, next.until);
            } else {
                FAIL() << "the call has ended";
            }
        }
    }

    void send_text(std::string_view message) override { texts.emplace_back(message); }
    void send_binary(std::span<const std::byte>) override {}
    void reconnect() override {}
    void ready() override {}
    bool play(std::span<const std::int16_t> samples, int rate_hz) override { return !session_.play(samples, rate_hz); }
    void mark(std::string_view name) override { EXPECT_FALSE(session_.mark(std::string(name))); }
    void clear() override { EXPECT_FALSE(session_.clear()); }
    void hang_up(hang_up_time, std::string_view) override {}
    void fail(std::string_view) override {}
    void report(dialect_report) override {}

    std::vector<std::string> texts;
    int frames_with_audio = 0;

  private:
    session session_{uuid{}, {}, start};
    time_point now_ = start;
};

} // namespace

// For each time of the interruption, the service is asked to forget exactly the frames that were not sent to the
// caller.
TEST_F(openai_interruption, cuts_the_item_at_the_frame_that_the_caller_heard_last) {
    for (int at_ms = 20; at_ms < 700; at_ms += 7) {
        const auto language = made("openai");
        real_call call;
        const auto tell = [&](const std::string& message) { language->text(message, start, call); };
        language->opened(start, call);
        tell(message_of("session.updated"));
        call.run_until(start + 10ms, *language);
        call.frames_with_audio = 0; // the id
        tell(created("resp_1"));
        tell(delta("resp_1", "item_1", audio_of(300)));
        tell(audio_done("resp_1", "item_1"));
        tell(delta("resp_1", "item_2", audio_of(300)));
        call.run_until(start + std::chrono::milliseconds(at_ms), *language);
        call.texts.clear();
        tell(speech_started());
        call.run_until(start + 2s, *language);

        const int heard_ms = call.frames_with_audio * 20;
        std::vector<std::string> cut;
        for (const auto& text : call.texts) {
            const auto message = boost::json::parse(text);
            EXPECT_EQ(message.at("type"), "conversation.item.truncate");
            cut.emplace_back(message.at("item_id").as_string());
            const auto before = cut.back() == "item_1" ? 0 : 300;
            EXPECT_NEAR(message.at("audio_end_ms").to_number<int>(), std::max(0, heard_ms - before), 20) << at_ms;
        }
        if (heard_ms < 280) {
            EXPECT_EQ(cut, (std::vector<std::string>{"item_1", "item_2"})) << at_ms;
        } else if (heard_ms > 320 && heard_ms < 580) {
            EXPECT_EQ(cut, std::vector<std::string>{"item_2"}) << at_ms;
        } else if (heard_ms > 620) {
            EXPECT_TRUE(cut.empty()) << at_ms;
        }
        EXPECT_LE(call.frames_with_audio, at_ms / 20 + 1) << "playing stops within a frame";
        EXPECT_GE(call.frames_with_audio, std::min(at_ms, 600) / 20 - 1) << at_ms;
    }
}

// The previous back end failed in mid-sentence. The rest of its audio is in front of the first item.
TEST_F(openai_interruption, audio_of_another_back_end_does_not_count_for_the_first_item) {
    real_call call;
    const auto language = made("openai");
    EXPECT_TRUE(call.play(std::vector<std::int16_t>(4000, 50), 8000)); // half a second
    language->opened(start, call);
    const auto tell = [&](const std::string& message) { language->text(message, start, call); };
    tell(message_of("session.updated"));
    tell(created("resp_1"));
    tell(delta("resp_1", "item_1", audio_of(300)));
    call.run_until(start + 600ms, *language);
    call.texts.clear();
    tell(speech_started());
    call.run_until(start + 700ms, *language);
    ASSERT_EQ(call.texts.size(), 1);
    EXPECT_NEAR(boost::json::parse(call.texts.front()).at("audio_end_ms").to_number<int>(), 100, 20);
}

TEST_F(openai_interruption, an_interruption_truncates_the_item_at_what_the_caller_heard) {
    for (const int heard : {0, 1, 20, 499, 980}) {
        open();
        out.marks.clear();
        tell(created("resp_1"));
        tell(delta("resp_1", "item_1", audio_of(1000)));
        out.take();
        tell(speech_started());
        EXPECT_EQ(out.take(), (std::vector<std::string>{"mark", "clear"}));
        out.clear_marks(*in, std::chrono::milliseconds(heard), std::chrono::milliseconds(1000 - heard));
        expect_sent({truncation("item_1", heard)});
        tell(done("resp_1", "cancelled", "{'type':'cancelled','reason':'turn_detected'}"));
        EXPECT_TRUE(out.take().empty());
    }
}

TEST_F(openai_interruption, only_items_that_were_cut_are_truncated_and_those_behind_at_zero) {
    open();
    tell(created("resp_1"));
    for (const auto* item : {"item_1", "item_2", "item_3"}) {
        tell(delta("resp_1", item, audio_of(200)));
        tell(audio_done("resp_1", item));
    }
    tell(done("resp_1", "completed"));
    ASSERT_EQ(out.marks.size(), 3);
    in->played({out.marks[0], 200ms}, out);
    out.take_texts();
    tell(speech_started());
    EXPECT_EQ(out.take(), std::vector<std::string>{"clear"});
    in->cleared({out.marks[1], 60ms, 140ms}, out);
    in->cleared({out.marks[2], 0ms, 200ms}, out);
    expect_sent({truncation("item_2", 60), truncation("item_3", 0)});
}

TEST_F(openai_interruption, an_item_of_which_nothing_was_cut_is_not_truncated) {
    open();
    tell(delta("r", "item_1", audio_of(100)));
    tell(speech_started());
    out.take_texts();
    out.clear_marks(*in, 100ms, 0ms);
    expect_sent({});
}

// The service answers with an error if the end is behind its own audio.
TEST_F(openai_interruption, a_truncation_is_never_behind_what_was_received) {
    open();
    const std::vector<std::int16_t> samples(2471, 1); // 102.96 ms
    std::string text;
    append_base64(text, std::as_bytes(std::span(samples)));
    tell(delta("r", "item_1", text));
    tell(speech_started());
    out.take_texts();
    out.clear_marks(*in, 103ms, 1ms);
    expect_sent({truncation("item_1", 102)});
}

TEST_F(openai_interruption, an_item_that_comes_in_two_parts_is_counted_as_one) {
    open();
    tell(delta("r", "item_1", audio_of(100)));
    tell(delta("r", "item_2", audio_of(50)));
    tell(delta("r", "item_1", audio_of(100)));
    tell(speech_started());
    ASSERT_EQ(out.marks.size(), 3);
    in->played({out.marks[0], 100ms}, out);
    in->played({out.marks[1], 50ms}, out);
    out.take_texts();
    in->cleared({out.marks[2], 30ms, 70ms}, out);
    expect_sent({truncation("item_1", 130)});
}

TEST_F(openai_interruption, audio_that_arrives_late_of_an_interrupted_answer_is_dropped) {
    open();
    tell(created("resp_1"));
    tell(delta("resp_1", "item_1", audio_of(100)));
    tell(speech_started());
    out.take();
    tell(delta("resp_1", "item_1", audio_of(100)));
    tell(delta("resp_1", "item_2", audio_of(100)));
    EXPECT_TRUE(out.take().empty());
    tell(done("resp_1", "cancelled", "{'type':'cancelled','reason':'turn_detected'}"));
    tell(delta("resp_1", "item_1", audio_of(100)));
    EXPECT_TRUE(out.take().empty());
    tell(created("resp_2"));
    tell(delta("resp_2", "item_3", audio_of(20)));
    EXPECT_EQ(out.take(), std::vector<std::string>{"play 480 at 24000"});
}

TEST_F(openai_interruption, audio_of_the_next_answer_may_come_before_the_clear_is_reported) {
    open();
    tell(created("resp_1"));
    tell(delta("resp_1", "item_1", audio_of(100)));
    tell(speech_started());
    tell(done("resp_1", "cancelled"));
    const auto marks = std::exchange(out.marks, {});
    tell(created("resp_2"));
    tell(delta("resp_2", "item_2", audio_of(40)));
    tell(audio_done("resp_2", "item_2"));
    out.take_texts();
    in->cleared({marks.at(0), 20ms, 80ms}, out);
    in->cleared({"", 0ms, 0ms}, out);
    expect_sent({truncation("item_1", 20)});
    out.reach_marks(*in, 40ms);
    expect_sent({});
}

TEST_F(openai_interruption, a_session_that_does_not_interrupt_plays_on_when_the_caller_speaks) {
    in = made("openai", "{'audio':{'input':{'turn_detection':{'type':'semantic_vad','interrupt_response':false}}}}");
    open();
    tell(created("resp_1"));
    tell(delta("resp_1", "item_1", audio_of(100)));
    out.take();
    tell(speech_started());
    EXPECT_TRUE(out.take().empty());
    tell(delta("resp_1", "item_1", audio_of(100)));
    EXPECT_EQ(out.take(), std::vector<std::string>{"play 2400 at 24000"});
}

TEST_F(openai_interruption, a_server_without_ids_of_answers_can_be_interrupted_again_and_again) {
    open();
    for (int i = 0; i < 3; ++i) {
        tell(message_of("response.created", ",'response':{}"));
        tell(quoted("{'type':'response.audio.delta','item_id':'a','delta':'" + audio_of(20) + "'}"));
        tell(speech_started());
        tell(quoted("{'type':'response.audio.delta','item_id':'a','delta':'" + audio_of(20) + "'}"));
        EXPECT_EQ(out.take(), (std::vector<std::string>{"play 480 at 24000", "mark", "clear"}));
        out.clear_marks(*in, 0ms, 20ms);
        out.take();
        tell(message_of("response.done", ",'response':{'status':'cancelled'}"));
        EXPECT_TRUE(out.take().empty());
    }
}

TEST_F(openai_interruption, audio_that_finds_no_room_stops_the_answer_and_cuts_its_item) {
    open();
    tell(created("resp_1"));
    tell(delta("resp_1", "item_1", audio_of(100)));
    out.take_texts();
    out.full = true;
    tell(delta("resp_1", "item_1", audio_of(100)));
    expect_sent({"{'type':'response.cancel','response_id':'resp_1'}"});
    EXPECT_EQ(out.reports.size(), 1);
    out.full = false;
    tell(delta("resp_1", "item_1", audio_of(100)));
    tell(audio_done("resp_1", "item_1"));
    tell(done("resp_1", "cancelled", "{'type':'cancelled','reason':'client_cancelled'}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"mark"});
    out.reach_marks(*in, 100ms);
    expect_sent({truncation("item_1", 100)});
}

TEST_F(openai_interruption, items_that_wait_are_bounded) {
    open();
    for (int i = 0; i < 1000; ++i)
        tell(delta("r", "item_" + std::to_string(i), audio_of(1)));
    EXPECT_LE(out.marks.size(), 256);
    EXPECT_EQ(out.played.size(), 256 * 24);
    EXPECT_FALSE(out.reports.empty());
    out.reach_marks(*in, 1ms);
    out.take();
    tell(delta("r", "item_x", audio_of(1)));
    EXPECT_EQ(out.take().front(), "play 24 at 24000");
}
