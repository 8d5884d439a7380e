# cmake -DATOM=FILE.so -DREADELF=readelf -P no-globals.cmake
#
# Two instances of an atom run at the same time, and a reload must find nothing left behind:
# so .data and .bss hold at most the 8 bytes that the C runtime needs, and .init_array its one
# constructor. Says what is there, removes the file, and fails.
execute_process(COMMAND ${READELF} -S -W ${ATOM} OUTPUT_VARIABLE sections
    RESULT_VARIABLE failed ERROR_VARIABLE why)
if(failed)
    message(FATAL_ERROR "${ATOM}: its sections cannot be read: ${why}")
endif()

set(wrong)
function(most section limit sentence)
    string(REGEX MATCH "\\] ${section} +[A-Z_]+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) " line
        "${sections}")
    if(NOT line)
        return()
    endif()
    math(EXPR size "0x${CMAKE_MATCH_1}")
    if(size GREATER limit)
        set(wrong "${wrong}\n  ${section} has ${size} bytes: ${sentence}" PARENT_SCOPE)
    endif()
endfunction()
most("\\.data" 8 "a global that can change is shared by all instances; keep it in what open() makes, or make it const")
most("\\.bss" 8 "a global that can change is shared by all instances; keep it in what open() makes, or make it const")
most("\\.tdata" 0 "a thread-local does not follow its instance")
most("\\.tbss" 0 "a thread-local does not follow its instance")
most("\\.init_array" 8 "a constructor runs before the host can check anything; have none")
if(wrong)
    file(REMOVE ${ATOM})
    message(FATAL_ERROR "${ATOM} breaks the contract:${wrong}")
endif()
