// SPDX-License-Identifier: Apache-2.0
#include "backend/audio_codec.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace audiosocket;
using namespace audiosocket::app::backend;

TEST(audio_codec, samples_come_back) {
    const std::vector<std::int16_t> samples{0, 1000, -1000};
    for (const auto coding : {encoding::slin, encoding::ulaw, encoding::alaw}) {
        audio_codec codec({coding, 8000});
        std::string text;
        codec.append_base64(text, samples);
        const auto back = codec.decode_base64(text);
        ASSERT_TRUE(back);
        ASSERT_EQ(back->size(), samples.size());
        for (std::size_t i = 0; i < samples.size(); ++i)
            EXPECT_NEAR((*back)[i], samples[i], 40) << text;
        const auto bytes = codec.encode(samples);
        EXPECT_EQ(bytes.size(), samples.size() * (coding == encoding::slin ? 2 : 1));
    }
}

TEST(audio_codec, bytes_that_are_no_whole_samples_are_refused) {
    audio_codec codec({encoding::slin, 16'000});
    EXPECT_FALSE(codec.decode({}));
    EXPECT_FALSE(codec.decode(std::vector<std::byte>(3)));
    EXPECT_TRUE(codec.decode(std::vector<std::byte>(4)));
    EXPECT_FALSE(codec.decode_base64("AAAA")); // three bytes
    EXPECT_FALSE(codec.decode_base64("*"));
    EXPECT_FALSE(codec.decode_base64(""));
    EXPECT_TRUE(codec.decode_base64("AAA="));
}

TEST(audio_codec, formats_have_names_for_people) {
    EXPECT_EQ(format_text({encoding::ulaw, 8000}, {encoding::ulaw, 8000}), "mu-law 8000 Hz");
    EXPECT_EQ(format_text({encoding::slin, 16'000}, {encoding::slin, 24'000}), "slin 16000 Hz in, slin 24000 Hz out");
    EXPECT_EQ(format_text({encoding::slin, 8000}, {encoding::alaw, 8000}), "slin 8000 Hz in, A-law 8000 Hz out");
}
