# cmake -DFILES=sm_90.cubin,compute_75.ptx -DOUTPUT=... -P: writes the files as the bytes of solver_parts.hpp.
string(REPLACE "," ";" files "${FILES}")
list(LENGTH files count)
set(table "")
file(WRITE ${OUTPUT} "#include \"src/backends/cuda/solver_parts.hpp\"\n\nnamespace warpfit::cuda {\n\nnamespace {\n\n")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  file(APPEND ${OUTPUT} "unsigned char const ${name}[] = {${bytes}};\n")
  string(APPEND table "{\"${name}\", ${name}, sizeof ${name}},\n")
endforeach()
file(APPEND ${OUTPUT} "\nSolverPart const parts[] = {\n${table}{\"\", nullptr, 0}};\n\n}  // namespace\n\n"
  "SolverPart const* const solver_parts = parts;\nint const num_solver_parts = ${count};\n\n}  // namespace warpfit::cuda\n")
