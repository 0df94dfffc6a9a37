// SPDX-License-Identifier: Apache-2.0
#include "service/auth/file_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace klarna::auth {
namespace {

class FileReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "file_reader_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  SystemFileReader files_;
  std::string folder_;
};

TEST_F(FileReaderTest, ReadsTheWholeFile) {
  const std::string content("a\0b\n", 4);
  EXPECT_EQ(*files_.Read(Write("file", content), 100), content);
  EXPECT_EQ(*files_.Read(Write("empty", ""), 100), "");
}

TEST_F(FileReaderTest, TakesAFileOfTheLargestSizeAndNoLarger) {
  EXPECT_TRUE(files_.Read(Write("fits", std::string(100, 'x')), 100).ok());
  EXPECT_EQ(
      files_.Read(Write("large", std::string(101, 'x')), 100).status().code(),
      absl::StatusCode::kFailedPrecondition);
}

TEST_F(FileReaderTest, FollowsLinks) {
  // Kubernetes mounts secrets as links.
  std::filesystem::create_symlink(Write("file", "content"), folder_ + "/link");
  EXPECT_EQ(*files_.Read(folder_ + "/link", 100), "content");
}

TEST_F(FileReaderTest, DoesNotWaitForAPipe) {
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {pipe, std::string("/dev/zero")}) {
    const absl::Status status = files_.Read(path, 100).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << path;
    EXPECT_NE(status.message().find("name a file"), std::string::npos) << path;
  }
}

TEST_F(FileReaderTest, SaysWhatIsWrong) {
  EXPECT_EQ(files_.Read(folder_ + "/missing", 100).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(files_.Read(Write("file", "") + "/below", 100).status().code(),
            absl::StatusCode::kNotFound);
  const absl::Status folder = files_.Read(folder_, 100).status();
  EXPECT_EQ(folder.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(folder.message().find("folder"), std::string::npos);
}

}  // namespace
}  // namespace klarna::auth
