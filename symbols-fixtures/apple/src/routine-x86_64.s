// An assembler's code: lines, and no function in the debug information.
        .text
        .globl  _routine
        .p2align 4
_routine:
        leal    1(%rdi), %eax
        addl    $2, %eax
        jmp     inner
        .p2align 4
inner:
        addl    $3, %eax
        retq
        .subsections_via_symbols
