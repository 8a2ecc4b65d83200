/* A function of which the table says that nothing can be unwound. The linker lets that entry cover all that follow. */
    .syntax unified
    .thumb
    .text
    .global first
    .type first, %function
    .thumb_func
first:
    .fnstart
    .cantunwind
    movs r0, #0
    bx lr
    .fnend
    .size first, . - first
