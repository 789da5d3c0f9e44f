# cmake -DHEADER=... -DNAME=... -DTYPE=... -DOUTPUT=... -P: writes what warpfit_add_component() adds to a target.
get_filename_component(file ${HEADER} NAME)
file(READ ${HEADER} text)
file(WRITE ${OUTPUT} "#include \"${NAME}_component.hpp\"\n\n#include \"${HEADER}\"\n"
  "#include \"src/own/compile_functor.hpp\"\n\nnamespace warpfit::own {\n\n"
  "Component ${NAME}(std::string_view name)\n{\n    static constexpr char text[] = R\"warpfit(")
file(APPEND ${OUTPUT} "${text}")
file(APPEND ${OUTPUT} ")warpfit\";\n    return functor_component(compile_functor<::${TYPE}>({text, \"${file}\", \"${TYPE}\"}), name);\n"
  "}\n\n}  // namespace warpfit::own\n")
