# cmake -DDIR=folder "-DFILES=a;b" -DTABLE=template_file -DHEADER=cli/template.h -DOUT=file.c
#     -P embed.cmake
#
# Files as a table in C: `struct template_file template_files[]`, declared in host/cli/template.h.
set(arrays)
set(rows)
set(i 0)
foreach(name IN LISTS FILES)
    file(READ ${DIR}/${name} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n    "
        bytes "${bytes}")
    string(APPEND arrays "static const unsigned char file_${i}[] = {\n    ${bytes}0 };\n")
    string(APPEND rows "    { \"${name}\", file_${i}, sizeof file_${i} - 1 },\n")
    math(EXPR i "${i} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/embed.cmake; edit the files themselves. */
#include \"${HEADER}\"

${arrays}
const struct ${TABLE} ${TABLE}s[] = {
${rows}    { 0 },
};
")
