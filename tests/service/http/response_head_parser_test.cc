// SPDX-License-Identifier: Apache-2.0
#include "service/http/response_head_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace klarna::http {
namespace {

using Coding = ResponseHeadParser::Coding;
using Outcome = ResponseHeadParser::Outcome;

// Feeds each line with its CRLF; gives what came of the last one.
Outcome FeedLines(ResponseHeadParser& parser,
                  const std::vector<std::string>& lines) {
  Outcome outcome = Outcome::kMore;
  for (const std::string& line : lines) {
    EXPECT_EQ(outcome, Outcome::kMore) << "before: " << line;
    outcome = parser.Feed(line + "\r\n");
  }
  return outcome;
}

TEST(ResponseHeadParserTest, ReadsAHead) {
  ResponseHeadParser parser;
  EXPECT_EQ(FeedLines(parser, {"HTTP/1.1 404 Not Found", "A: 1", "b:2\t",
                               "A:", "C: \xc3\xb6", ""}),
            Outcome::kHead);
  const HttpResponseHead head = parser.TakeHead();
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.headers,
            (Headers{{"A", "1"}, {"b", "2"}, {"A", ""}, {"C", "\xc3\xb6"}}));
}

TEST(ResponseHeadParserTest, ReadsLinesWithoutCarriageReturn) {
  ResponseHeadParser parser;
  EXPECT_EQ(parser.Feed("HTTP/1.0 200\n"), Outcome::kMore);
  EXPECT_EQ(parser.Feed("A: 1\n"), Outcome::kMore);
  EXPECT_EQ(parser.Feed("\n"), Outcome::kHead);
  EXPECT_EQ(parser.TakeHead().status, 200);
}

TEST(ResponseHeadParserTest, ForgetsInterimHeads) {
  ResponseHeadParser parser;
  EXPECT_EQ(FeedLines(parser, {"HTTP/1.1 103 Hints", "Content-Encoding: gzip",
                               "Content-Length: 1", "", "HTTP/1.1 200 OK", ""}),
            Outcome::kHead);
  EXPECT_EQ(parser.coding(), Coding::kIdentity);
  EXPECT_FALSE(parser.framed());
  EXPECT_TRUE(parser.TakeHead().headers.empty());
}

TEST(ResponseHeadParserTest, KnowsFramingAndCoding) {
  struct Case {
    std::vector<std::string> lines;
    bool framed;
    Coding coding;
  };
  const Case cases[] = {
      {{"HTTP/1.1 200 OK"}, false, Coding::kIdentity},
      {{"HTTP/1.1 204 No Content"}, true, Coding::kIdentity},
      {{"HTTP/1.1 304 Not Modified"}, true, Coding::kIdentity},
      {{"HTTP/1.1 200 OK", "content-length: 0"}, true, Coding::kIdentity},
      {{"HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 5"},
       true,
       Coding::kIdentity},
      {{"HTTP/1.1 200 OK", "Transfer-Encoding: Chunked"},
       true,
       Coding::kIdentity},
      {{"HTTP/1.1 200 OK", "Content-Encoding: identity"},
       false,
       Coding::kIdentity},
      {{"HTTP/1.1 200 OK", "Content-Encoding: GZIP"}, false, Coding::kGzip},
      {{"HTTP/1.1 200 OK", "Content-Encoding: x-gzip"}, false, Coding::kGzip},
      {{"HTTP/1.1 200 OK", "Content-Encoding: gzip, gzip"},
       false,
       Coding::kOther},
      {{"HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Encoding: gzip"},
       false,
       Coding::kOther},
      {{"HTTP/1.1 200 OK", "Content-Encoding: br"}, false, Coding::kOther},
      {{"HTTP/1.1 200 OK", "Content-Encoding:"}, false, Coding::kOther},
  };
  for (const Case& c : cases) {
    ResponseHeadParser parser;
    EXPECT_EQ(FeedLines(parser, c.lines), Outcome::kMore);
    EXPECT_EQ(parser.Feed("\r\n"), Outcome::kHead);
    EXPECT_EQ(parser.framed(), c.framed) << c.lines.back();
    EXPECT_EQ(parser.coding(), c.coding) << c.lines.back();
  }
}

TEST(ResponseHeadParserTest, RefusesBadStatusLines) {
  for (const char* line :
       {"", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000",
        "HTTP/1.1 20x OK", "HTTP/1.1 099 Low", "HTTP/1.1  200 OK",
        "HTTP/1.1 200OK", "HTTP/2 200", "HTTP/0.9 200 OK", "http/1.1 200 OK",
        "ICY 200 OK", "<html>"}) {
    ResponseHeadParser parser;
    EXPECT_EQ(parser.Feed(std::string(line) + "\r\n"), Outcome::kMalformed)
        << line;
  }
}

TEST(ResponseHeadParserTest, RefusesBadHeaderLines) {
  const std::string cases[] = {
      "NoColon",
      ": empty name",
      "Space : 1",
      " folded",
      "\tfolded",
      "Na me: 1",
      "X: a\rb",
      std::string("X: a\0b", 6),
      "X: a\x7f",
      "Content-Length: ",
      "Content-Length: -1",
      "Content-Length: 1, 1",
      "Content-Length: 0x1",
      "Transfer-Encoding: gzip",
      "Transfer-Encoding: chunked, chunked",
      "Transfer-Encoding:",
  };
  for (const std::string& line : cases) {
    ResponseHeadParser parser;
    EXPECT_EQ(FeedLines(parser, {"HTTP/1.1 200 OK", line}), Outcome::kMalformed)
        << line;
  }
}

TEST(ResponseHeadParserTest, RefusesTooManyBytesAndTooManyLines) {
  ResponseHeadParser wide;
  EXPECT_EQ(
      FeedLines(wide, {"HTTP/1.1 200 OK", "X: " + std::string(64 << 10, 'a')}),
      Outcome::kTooLarge);
  ResponseHeadParser tall;
  EXPECT_EQ(FeedLines(tall, {"HTTP/1.1 200 OK"}), Outcome::kMore);
  size_t lines = 1;
  while (tall.Feed("X: 1\r\n") == Outcome::kMore) ++lines;
  EXPECT_EQ(lines, ResponseHeadParser::kMaxLines);
}

TEST(ResponseHeadParserTest, TrailersCountAndAreThrownAway) {
  ResponseHeadParser parser;
  FeedLines(parser, {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", ""});
  EXPECT_EQ(parser.Feed("not even: valid\r\n"), Outcome::kMore);
  size_t lines = 0;
  while (parser.Feed("X-Trailer: 1\r\n") == Outcome::kMore) {
    ASSERT_LT(++lines, 1000u);
  }
}

}  // namespace
}  // namespace klarna::http
