// SPDX-License-Identifier: Apache-2.0
#include "service/config/watched_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/service/auth/fake_files.h"

namespace klarna::config {
namespace {

TEST(WatchedFilesTest, SeesContentThatChanges) {
  auth::FakeFiles files({{"a", "1"}, {"b", "2"}});
  WatchedFiles watched(files);
  EXPECT_EQ(*watched.Read("a", 10), "1");
  EXPECT_EQ(watched.Look(), watched.seen());
  files.Set("b", "of no interest: it was not read");
  EXPECT_EQ(watched.Look(), watched.seen());
  files.Set("a", "3");
  EXPECT_NE(watched.Look(), watched.seen());
  files.Set("a", "1");
  EXPECT_EQ(watched.Look(), watched.seen());
}

TEST(WatchedFilesTest, SeesFilesThatComeAndGo) {
  auth::FakeFiles files;
  WatchedFiles watched(files);
  EXPECT_FALSE(watched.Read("a", 10).ok());
  EXPECT_EQ(watched.Look(), watched.seen());
  files.Set("a", "1");
  EXPECT_NE(watched.Look(), watched.seen());
}

TEST(WatchedFilesTest, WhatItRemembersIsNotTheContent) {
  auth::FakeFiles files;
  files.Set("a", "CANARY");
  WatchedFiles watched(files);
  ASSERT_TRUE(watched.Read("a", 10).ok());
  EXPECT_EQ(watched.seen().at("a").find("CANARY"), std::string::npos);
}

// As Kubernetes updates a volume: files are links through `..data`, a link to a
// folder, which is replaced by a rename.
TEST(WatchedFilesTest, SeesALinkSwappedOnTheWay) {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("watched-" + std::to_string(getpid()));
  for (const char* version : {"..1", "..2"}) {
    fs::create_directories(folder / version);
    std::ofstream(folder / version / "secret") << version;
  }
  fs::create_directory_symlink("..1", folder / "..data");
  fs::create_symlink("..data/secret", folder / "secret");

  const auth::SystemFileReader files;
  WatchedFiles watched(files);
  EXPECT_EQ(*watched.Read(folder / "secret", 10), "..1");
  fs::create_directory_symlink("..2", folder / "..data_tmp");
  fs::rename(folder / "..data_tmp", folder / "..data");
  EXPECT_NE(watched.Look(), watched.seen());
  EXPECT_EQ(*watched.Read(folder / "secret", 10), "..2");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace klarna::config
