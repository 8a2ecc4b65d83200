// An assembler's code: lines, and no function in the debug information.
        .text
        .globl  routine
        .p2align 4
routine:
        leal    1(%rdi), %eax
        addl    $2, %eax
        jmp     inner
        .p2align 4
        .type   inner, @function
inner:
        addl    $3, %eax
        retq
        .size   inner, . - inner
        .section .note.GNU-stack,"",@progbits
