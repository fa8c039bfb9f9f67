/* core/reg_text.h: what FVM says in comments of .reg text, for reg_text.c and reg_text_write.c
 * only. */
#pragma once

/*
 * regedit knows neither classes nor links, and cannot name what has control characters or unpaired
 * surrogates in its name. Lines that say so are comments to it:
 *
 * ; fvm-format: 1                first lines of a layer's file
 * ; fvm-class: "text"            of the key above
 * ; fvm-link                     the key above is a symbolic link
 * ; fvm: [HKEY_...\a%000ab]      a key, or a value below, where %HHHH is one UTF-16 unit of a name
 * (% is %0025) ; fvm: "a%0000b"=dword:00000001 ; fvm-end                      last line of a
 * layer's file: it is complete
 */
#define REG_TEXT_FORMAT "; fvm-format: "
#define REG_TEXT_CLASS  "; fvm-class: "
#define REG_TEXT_LINK   "; fvm-link"
#define REG_TEXT_OURS   "; fvm: "
#define REG_TEXT_END    "; fvm-end"

enum { FVM_REG_TEXT_FORMAT = 1 };
