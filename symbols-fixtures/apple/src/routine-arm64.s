// An assembler's code: lines, and no function in the debug information.
        .text
        .globl  _routine
        .p2align 2
_routine:
        add     w0, w0, #1
        add     w0, w0, #2
        b       inner
        .p2align 2
inner:
        add     w0, w0, #3
        ret
        .subsections_via_symbols
