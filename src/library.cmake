# The two libraries users link: warpfit::warpfit (no HDF5) and warpfit::io. Rooms go in whole; linking them besides
# brings what they link themselves.
set(core_rooms room_text room_physics room_signal room_expression room_model room_cuda_generate room_fit room_spectroscopy)
add_library(warpfit SHARED)
foreach(room ${core_rooms})
  target_sources(warpfit PRIVATE $<TARGET_OBJECTS:${room}>)
endforeach()
target_link_libraries(warpfit PRIVATE ${core_rooms})
add_library(warpfit_io SHARED $<TARGET_OBJECTS:room_io>)


target_link_libraries(warpfit_io PUBLIC warpfit PRIVATE room_io)

foreach(library warpfit warpfit_io)
  target_include_directories(${library} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${library} INTERFACE cxx_std_20)
  set_target_properties(${library} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINKER_LANGUAGE CXX)
endforeach()
set_target_properties(warpfit_io PROPERTIES EXPORT_NAME io)
add_library(warpfit::warpfit ALIAS warpfit)
add_library(warpfit::io ALIAS warpfit_io)

include(${CMAKE_CURRENT_SOURCE_DIR}/own/add_component.cmake)

# What find_package(warpfit) finds: two targets, no dependency, since all are private to the shared libraries; and
# warpfit_add_component().
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/warpfit)
install(TARGETS warpfit warpfit_io EXPORT warpfit_targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS warpfit_cpu_sse2 warpfit_cpu_avx2 warpfit_cpu_avx512 LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/warpfit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT warpfit_targets FILE warpfitTargets.cmake NAMESPACE warpfit:: DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/warpfitConfigVersion.cmake COMPATIBILITY SameMinorVersion)
file(WRITE ${PROJECT_BINARY_DIR}/warpfitConfig.cmake "include(\"\${CMAKE_CURRENT_LIST_DIR}/warpfitTargets.cmake\")\n"
  "include(\"\${CMAKE_CURRENT_LIST_DIR}/add_component.cmake\")\n")
# What warpfit_add_component() compiles a functor with, where no other include can meet it.
install(FILES ${PROJECT_SOURCE_DIR}/src/own/add_component.cmake ${PROJECT_SOURCE_DIR}/src/own/write_component.cmake
  DESTINATION ${package_directory})
foreach(header kernels/core/component.hpp kernels/core/dual.hpp kernels/core/faddeeva.hpp kernels/core/functor.hpp
    kernels/core/gamma.hpp kernels/core/math.hpp kernels/core/number.hpp kernels/core/portability.hpp kernels/warpfit/kernel.hpp src/own/compile_functor.hpp)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${package_directory}/include/${folder})
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/warpfitConfig.cmake ${PROJECT_BINARY_DIR}/warpfitConfigVersion.cmake
  DESTINATION ${package_directory})
