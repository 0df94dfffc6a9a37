// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/pdf.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace klarna::sandbox {

std::string MakePdf(const std::vector<std::string>& lines) {
  std::string text = "BT /F1 10 Tf 40 800 Td 14 TL\n";
  for (const std::string& line : lines) {
    absl::StrAppend(
        &text, "(",
        absl::StrReplaceAll(line, {{"\\", "\\\\"}, {"(", "\\("}, {")", "\\)"}}),
        ") Tj T*\n");
  }
  text += "ET";
  const std::string objects[] = {
      "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
      "/Resources<</Font<</F1 5 0 R>>>>>>",
      absl::StrCat("<</Length ", text.size(), ">>stream\n", text,
                   "\nendstream"),
      "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"};
  std::string pdf = "%PDF-1.4\n";
  std::string table = "0000000000 65535 f \n";
  size_t number = 0;
  for (const std::string& object : objects) {
    absl::StrAppendFormat(&table, "%010d 00000 n \n", pdf.size());
    absl::StrAppend(&pdf, ++number, " 0 obj", object, "endobj\n");
  }
  const size_t start = pdf.size();
  absl::StrAppend(&pdf, "xref\n0 ", number + 1, "\n", table, "trailer<</Size ",
                  number + 1, "/Root 1 0 R>>\nstartxref\n", start, "\n%%EOF\n");
  return pdf;
}

}  // namespace klarna::sandbox
