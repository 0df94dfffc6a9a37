// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/multipart.h"

#include <gtest/gtest.h>

#include <string>

namespace klarna::sandbox {
namespace {

constexpr char kType[] = "multipart/form-data; boundary=\"b-1\"";

std::string Whole() {
  return "preamble\r\n--b-1\r\n"
         "Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n"
         "Content-Type: application/pdf\r\n\r\n"
         "line\r\n--b-2\r\n"  // Not the boundary.
         "\r\n--b-1\r\n"
         "content-disposition: form-data; name=filename\r\n\r\n"
         "b.pdf\r\n--b-1--\r\n";
}

TEST(MultipartTest, TakesPartsApart) {
  const std::string body = Whole();
  const auto fields = ParseMultipart(kType, body);
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->size(), 2u);
  EXPECT_EQ((*fields)[0].name, "file");
  EXPECT_EQ((*fields)[0].file_name, "a.pdf");
  EXPECT_EQ((*fields)[0].content_type, "application/pdf");
  EXPECT_EQ((*fields)[0].bytes, "line\r\n--b-2\r\n");
  EXPECT_EQ((*fields)[1].name, "filename");
  EXPECT_EQ((*fields)[1].file_name, "");
  EXPECT_EQ((*fields)[1].bytes, "b.pdf");
}

TEST(MultipartTest, RefusesABodyThatIsCutAnywhere) {
  const std::string body = Whole();
  const size_t end = body.rfind("--b-1--") + 7;
  for (size_t length = 0; length < end; ++length) {
    const std::string cut = body.substr(0, length);
    EXPECT_FALSE(ParseMultipart(kType, cut)) << length;
  }
}

TEST(MultipartTest, RefusesWhatHasNoBoundary) {
  const std::string body = Whole();
  for (const char* type :
       {"multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=other", ""}) {
    EXPECT_FALSE(ParseMultipart(type, body)) << type;
  }
}

}  // namespace
}  // namespace klarna::sandbox
