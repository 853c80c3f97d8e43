/*
 * The guest that probes KVM on x86: enters 64-bit mode with paging, counts down, and writes 0x10 to QEMU's
 * isa-debug-exit. Some hosts offer a KVM that interprets kernels: such a one runs a few instructions of real mode well
 * and never gets through the count, which a processor and QEMU's own emulator do in a fraction of a second.
 *
 * kvm-boot-sector.ts holds the machine code; a test assembles this file and compares:
 *   as -o boot.o kvm-boot-sector.S && ld -Ttext 0x7c00 --oformat binary -o boot boot.o
 */
.code16
.globl _start
_start:
  cli
  xorw %ax,%ax
  movw %ax,%ds
  movw %ax,%es
  movw %ax,%ss
  movw $0x7000,%sp
  inb $0x92,%al
  orb $2,%al
  outb %al,$0x92
  # Page tables at 0x1000, 0x2000 and 0x3000: one page of 2 MiB, mapped to itself.
  movw $0x1000,%di
  xorl %eax,%eax
  movw $0xc00,%cx
  cld
  rep stosl
  movw $0x2003,0x1000
  movw $0x3003,0x2000
  movw $0x0083,0x3000
  movl $0x1000,%eax
  movl %eax,%cr3
  movl %cr4,%eax
  orb $0x20,%al
  movl %eax,%cr4
  movl $0xc0000080,%ecx
  rdmsr
  orb $1,%ah
  wrmsr
  lgdt gdtr
  movl %cr0,%eax
  orl $0x80000001,%eax
  movl %eax,%cr0
  ljmp $8,$in_long_mode
.code64
in_long_mode:
  movl $100000000,%ecx
1: decl %ecx
  jnz 1b
  movb $0x10,%al
  movw $0xf4,%dx
  outb %al,%dx
2: hlt
  jmp 2b
.align 8
gdt: .quad 0
  .quad 0x00af9a000000ffff
gdtr: .word 15
  .long gdt
