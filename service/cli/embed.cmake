# SPDX-License-Identifier: Apache-2.0
# cmake -DINPUT=FILE -DOUTPUT=FILE.cc -P embed.cmake: a file as an array of C++.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT}
  "#include <cstddef>\n"
  "namespace klarna::cli {\n"
  "extern const unsigned char kConfigProto[] = {${bytes}};\n"
  "extern const std::size_t kConfigProtoSize = sizeof kConfigProto;\n"
  "}\n")
