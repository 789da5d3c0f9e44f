# cmake -DROOT=... -DNAMES=a.hpp,b.hpp -DOUTPUT=... -P: writes the headers as the strings of embedded_headers.hpp.
string(REPLACE "," ";" names "${NAMES}")
list(LENGTH names count)
file(WRITE ${OUTPUT} "#include \"src/backends/cuda/embedded_headers.hpp\"\n\nnamespace warpfit::cuda {\n\n"
  "int const num_embedded_headers = ${count};\n\nEmbeddedHeader const embedded_headers[] = {\n")
foreach(name IN LISTS names)
  file(READ ${ROOT}/${name} text)
  # Where a functor of the user's finds it, installed or not.
  string(REGEX REPLACE "^kernels/warpfit/" "warpfit/" name ${name})
  file(APPEND ${OUTPUT} "{\"${name}\", R\"warpfit(")
  file(APPEND ${OUTPUT} "${text}")
  file(APPEND ${OUTPUT} ")warpfit\"},\n")
endforeach()
file(APPEND ${OUTPUT} "};\n\n}  // namespace warpfit::cuda\n")
