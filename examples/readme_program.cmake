# Fails unless README shows PROGRAM as it is, between ```cpp and ```.
file(READ ${README} readme)
file(READ ${PROGRAM} program)
string(FIND "${readme}" "```cpp\n${program}```\n" position)
if(position EQUAL -1)
  message(FATAL_ERROR "README.md does not show ${PROGRAM} (it was edited in one place only): copy the file into the README")
endif()
