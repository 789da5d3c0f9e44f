# warpfit_add_component(TARGET HEADER [TYPE lab::MyPeak] [NAME my_peak])
#
# Builds the functor of a header (kernels/core/functor.hpp says what it has) into a target that links warpfit::warpfit,
# for the CPU and, as text, for the GPU. The target then has "my_peak_component.hpp", which declares
#   warpfit::Component warpfit::own::my_peak(std::string_view name = {});
# TYPE: the functor; else the first struct of the header, in its first namespace. NAME: else that of the file.
function(warpfit_add_component target header)
  cmake_parse_arguments(PARSE_ARGV 2 COMPONENT "" "TYPE;NAME" "")
  if(NOT TARGET ${target} OR COMPONENT_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "warpfit_add_component(TARGET HEADER [TYPE ...] [NAME ...]): '${target}' is no target, or "
                        "'${COMPONENT_UNPARSED_ARGUMENTS}' is more than it takes")
  endif()
  get_filename_component(path ${header} ABSOLUTE)
  if(NOT EXISTS ${path})
    message(FATAL_ERROR "warpfit_add_component: there is no header ${path}")
  endif()
  get_filename_component(stem ${path} NAME_WE)
  set(name ${COMPONENT_NAME})
  if(NOT name)
    string(MAKE_C_IDENTIFIER ${stem} name)
  endif()
  set(type ${COMPONENT_TYPE})
  if(NOT type)
    file(READ ${path} text)
    string(REGEX MATCH "struct[ \t\r\n]+([A-Za-z_][A-Za-z_0-9]*)[ \t\r\n]*{" found "${text}")
    set(type ${CMAKE_MATCH_1})
    if(NOT found)
      message(FATAL_ERROR "warpfit_add_component: ${path} defines no struct (say which is the functor): add TYPE")
    endif()
    if("${text}" MATCHES "namespace[ \t\r\n]+([A-Za-z_][A-Za-z_0-9:]*)[ \t\r\n]*{")
      set(type ${CMAKE_MATCH_1}::${type})
    endif()
  endif()

  # Installed, the headers lie beside this file.
  set(here ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  set(root ${here}/include)
  if(NOT EXISTS ${root})
    get_filename_component(root ${here}/../.. ABSOLUTE)
  endif()
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/${target}_components)
  set(source ${directory}/${name}_component.cpp)
  file(CONFIGURE OUTPUT ${directory}/${name}_component.hpp @ONLY CONTENT "#pragma once

#include <string_view>
#include <warpfit/own_component.hpp>

namespace warpfit::own {

/// @type@ of @stem@.hpp.
Component @name@(std::string_view name = {});

}  // namespace warpfit::own
")
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DHEADER=${path} -DNAME=${name} -DTYPE=${type} -DOUTPUT=${source} -P ${here}/write_component.cmake
    DEPENDS ${path} ${here}/write_component.cmake VERBATIM)
  # A debugger sees every line; else the compiler makes lanes of the loop over channels.
  set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES COMPILE_OPTIONS
    "$<$<NOT:$<CONFIG:Debug>>:-O3>;-fno-math-errno;-fno-trapping-math;-ffp-contract=fast")
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PRIVATE ${directory})
  target_include_directories(${target} SYSTEM PRIVATE ${root} ${root}/kernels)
endfunction()
