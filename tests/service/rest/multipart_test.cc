// SPDX-License-Identifier: Apache-2.0
#include "service/rest/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Part File(std::string data, std::string filename = "proof.pdf",
          std::string content_type = "application/pdf") {
  return {.name = "file",
          .data = std::move(data),
          .filename = std::move(filename),
          .content_type = std::move(content_type)};
}

std::string BoundaryOf(const MultipartBody& body) {
  const std::string prefix = "multipart/form-data; boundary=";
  EXPECT_EQ(body.content_type.substr(0, prefix.size()), prefix);
  return body.content_type.substr(prefix.size());
}

size_t Count(const std::string& text, const std::string& wanted) {
  size_t count = 0;
  for (size_t at = text.find(wanted); at != std::string::npos;
       at = text.find(wanted, at + 1)) {
    ++count;
  }
  return count;
}

TEST(MultipartTest, WritesPartsAsTheRfcSays) {
  const auto encoded = EncodeMultipart(
      {File("a\r\nb"), {.name = "filename", .data = "shown.pdf"}});
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  const std::string boundary = BoundaryOf(*encoded);
  EXPECT_EQ(encoded->body,
            absl::StrCat("--", boundary,
                         "\r\nContent-Disposition: form-data; name=\"file\"; "
                         "filename=\"proof.pdf\"\r\n"
                         "Content-Type: application/pdf\r\n\r\n"
                         "a\r\nb\r\n--",
                         boundary,
                         "\r\nContent-Disposition: form-data; "
                         "name=\"filename\"\r\n\r\nshown.pdf\r\n--",
                         boundary, "--\r\n"));
}

TEST(MultipartTest, BoundaryFitsTheGrammar) {
  const auto encoded = EncodeMultipart({File("x")});
  ASSERT_TRUE(encoded.ok());
  const std::string boundary = BoundaryOf(*encoded);
  EXPECT_LE(boundary.size(), 70u);
  EXPECT_EQ(boundary.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                       "0123456789-"),
            std::string::npos)
      << boundary;
}

TEST(MultipartTest, SamePartsGiveTheSameBytes) {
  EXPECT_EQ(EncodeMultipart({File("x")})->body,
            EncodeMultipart({File("x")})->body);
}

// Whoever knows the boundary of one body cannot write it into the next: that
// one has another.
TEST(MultipartTest, ContentCannotHoldItsOwnBoundary) {
  std::string data = "x";
  for (int i = 0; i < 50; ++i) {
    const auto encoded = EncodeMultipart({File(data)});
    ASSERT_TRUE(encoded.ok());
    const std::string delimiter = "--" + BoundaryOf(*encoded);
    EXPECT_EQ(Count(encoded->body, delimiter), 2u);
    data += "\r\n" + delimiter + "--\r\n";
  }
}

TEST(MultipartTest, BoundaryDependsOnEveryPieceAndOnWhereItStands) {
  const std::vector<std::vector<Part>> different = {
      {File("x")},
      {File("y")},
      {File("x", "proof.png")},
      {File("x", "proof.pdf", "image/png")},
      {{.name = "a", .data = "bc"}},
      {{.name = "ab", .data = "c"}},
      {{.name = "a", .data = "b"}, {.name = "c", .data = "d"}},
      {{.name = "c", .data = "d"}, {.name = "a", .data = "b"}},
  };
  for (size_t i = 0; i < different.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      EXPECT_NE(EncodeMultipart(different[i])->content_type,
                EncodeMultipart(different[j])->content_type)
          << i << " and " << j;
    }
  }
}

TEST(MultipartTest, BytesOfAllValuesPass) {
  std::string data;
  for (int i = 0; i < 256; ++i) data.push_back(static_cast<char>(i));
  const auto encoded = EncodeMultipart({File(data)});
  ASSERT_TRUE(encoded.ok());
  EXPECT_NE(encoded->body.find("\r\n\r\n" + data + "\r\n--"),
            std::string::npos);
}

struct HostileCase {
  std::string name;
  std::string filename;
  std::string content_type;
};

class HostilePartTest : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostilePartTest, IsRefusedByNameAndNotQuoted) {
  const auto encoded = EncodeMultipart(
      {File("data", GetParam().filename, GetParam().content_type)});
  ASSERT_EQ(encoded.status().code(), absl::StatusCode::kInvalidArgument);
  google::rpc::BadRequest detail;
  ASSERT_TRUE(GetDetail(encoded.status(), detail));
  EXPECT_EQ(detail.field_violations(0).field(), "file");
  EXPECT_THAT(std::string(encoded.status().message()), Not(HasSubstr("Evil")));
}

INSTANTIATE_TEST_SUITE_P(
    Parts, HostilePartTest,
    ::testing::Values(
        HostileCase{"NoName", "", "application/pdf"},
        HostileCase{"LineBreakInName", "a\r\nEvil: 1", "application/pdf"},
        HostileCase{"NewlineInName", "a\nEvil: 1", "application/pdf"},
        HostileCase{"NulInName", std::string("a\0b", 3), "application/pdf"},
        HostileCase{"DelInName", "a\x7f", "application/pdf"},
        HostileCase{"QuoteInName", "a\"; name=\"Evil", "application/pdf"},
        HostileCase{"BackslashInName", "a\\", "application/pdf"},
        HostileCase{"LongName", std::string(256, 'a'), "application/pdf"},
        HostileCase{"LineBreakInType", "a", "text/plain\r\nEvil: 1"},
        HostileCase{"QuoteInType", "a", "text/plain;x=\"Evil\""},
        HostileCase{"SpaceInType", "a", "text/plain Evil"},
        HostileCase{"NotAsciiInType", "a", "text/pl\xc3\xa4in"},
        HostileCase{"NoSlashInType", "a", "pdf"},
        HostileCase{"LongType", "a", std::string(129, 'a')}),
    [](const auto& tested) { return tested.param.name; });

TEST(MultipartTest, AMediaTypeMayHaveParameters) {
  const auto encoded =
      EncodeMultipart({File("x", "a.txt", "text/plain; charset=utf-8")});
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_THAT(encoded->body,
              HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"));
}

TEST(MultipartTest, NamesThatOnlyLookDangerousPass) {
  for (const char* name : {"../../etc/passwd", "a;b.pdf", "a b.pdf",
                           "r\xc3\xa9sum\xc3\xa9.pdf", "%0d%0a"}) {
    EXPECT_TRUE(EncodeMultipart({File("x", name)}).ok()) << name;
  }
}

}  // namespace
}  // namespace klarna::rest
