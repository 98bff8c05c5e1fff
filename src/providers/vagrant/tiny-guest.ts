/**
 * A guest in 512 bytes that does what the first moments of a kernel do: it leaves real mode for 64-bit mode with paging,
 * asks for CPUID, fills memory, runs at full speed and takes timer interrupts. It writes one letter to the first serial
 * port after each of these and then leaves by QEMU's isa-debug-exit.
 *
 * Less would not tell: KVM without hardware support (the module kvm_pvm) runs such a guest instruction by instruction,
 * correctly, and a thousand times too slowly for a kernel. The loop is what shows it.
 *
 * The instructions are those of Intel's Software Developer's Manual, volume 2; the way to 64-bit mode is its volume 3A,
 * section "Initializing IA-32e Mode".
 */

/** What each letter on the serial port means, in the order in which they come. */
export const guestStages = [
  { letter: 'r', name: 'real mode' },
  { letter: 'l', name: '64-bit mode with paging' },
  { letter: 'c', name: 'CPUID' },
  { letter: 'm', name: '8 MiB of memory' },
  { letter: 's', name: '100 million turns of a loop' },
  { letter: 'i', name: 'two timer interrupts' },
] as const;

/** The exit code of QEMU once the guest wrote 0x10 to isa-debug-exit: (0x10 << 1) | 1. */
export const guestExitCode = 33;

/** QEMU's devices that the guest needs: where it boots from is the caller's. Needs 10 MiB of memory at least. */
export const guestDevices = ['-serial', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'] as const;

/** Where a BIOS loads a boot sector. */
const origin = 0x7c00;
const sectorBytes = 512;

/** Address, bytes in hexadecimal, instruction (Intel's syntax), and what it is for where that is not plain. */
type Row = readonly [address: number, bytes: string, instruction: string, reason?: string];

const realMode: readonly Row[] = [
  [0x7c00, 'fa', 'cli', 'no interrupts before there is a table for them'],
  [0x7c01, 'fc', 'cld'],
  [0x7c02, '66 31 c0', 'xor eax, eax'],
  [0x7c05, '8e d8', 'mov ds, ax'],
  [0x7c07, '8e c0', 'mov es, ax'],
  [0x7c09, '8e d0', 'mov ss, ax'],
  [0x7c0b, 'bc 00 7c', 'mov sp, 0x7c00'],
  [0x7c0e, 'ba f8 03', 'mov dx, 0x3f8', 'the first serial port'],
  [0x7c11, 'b0 72', "mov al, 'r'"],
  [0x7c13, 'ee', 'out dx, al'],
];

/** Three page tables at 0x1000, 0x2000 and 0x3000 that map the first 16 MiB, in pages of 2 MiB, to themselves. */
const paging: readonly Row[] = [
  [0x7c14, '66 bf 00 10 00 00', 'mov edi, 0x1000'],
  [0x7c1a, '66 b9 00 0c 00 00', 'mov ecx, 0xc00', '12 KiB in words of 4 bytes'],
  [0x7c20, '66 31 c0', 'xor eax, eax'],
  [0x7c23, '66 f3 ab', 'rep stosd'],
  [0x7c26, 'c7 06 00 10 03 20', 'mov word [0x1000], 0x2003', 'PML4: one entry, present and writable'],
  [0x7c2c, 'c7 06 00 20 03 30', 'mov word [0x2000], 0x3003', 'PDPT: the same'],
  [0x7c32, 'bf 00 30', 'mov di, 0x3000'],
  [0x7c35, '66 b8 83 00 00 00', 'mov eax, 0x83', 'present, writable, large'],
  [0x7c3b, '66 ab', 'stosd', 'the loop writes eight entries'],
  [0x7c3d, '83 c7 04', 'add di, 4'],
  [0x7c40, '66 05 00 00 20 00', 'add eax, 0x200000'],
  [0x7c46, '81 ff 40 30', 'cmp di, 0x3040'],
  [0x7c4a, '72 ef', 'jb 0x7c3b'],
];

const longMode: readonly Row[] = [
  [0x7c4c, '66 b8 20 00 00 00', 'mov eax, 0x20', 'physical address extension'],
  [0x7c52, '0f 22 e0', 'mov cr4, eax'],
  [0x7c55, '66 b8 00 10 00 00', 'mov eax, 0x1000'],
  [0x7c5b, '0f 22 d8', 'mov cr3, eax'],
  [0x7c5e, '66 b9 80 00 00 c0', 'mov ecx, 0xc0000080', 'the register EFER'],
  [0x7c64, '0f 32', 'rdmsr'],
  [0x7c66, '80 cc 01', 'or ah, 1', 'long mode enable'],
  [0x7c69, '0f 30', 'wrmsr'],
  [0x7c6b, '0f 01 16 30 7d', 'lgdt [0x7d30]'],
  [0x7c70, '66 b8 11 00 00 80', 'mov eax, 0x80000011', 'paging and protection'],
  [0x7c76, '0f 22 c0', 'mov cr0, eax'],
  [0x7c79, 'ea 7e 7c 08 00', 'jmp 0x08:0x7c7e', 'into the 64-bit code segment'],
  [0x7c7e, 'b8 10 00 00 00', 'mov eax, 0x10', 'the data segment'],
  [0x7c83, '8e d8', 'mov ds, eax'],
  [0x7c85, '8e c0', 'mov es, eax'],
  [0x7c87, '8e d0', 'mov ss, eax'],
  [0x7c89, 'bc 00 7c 00 00', 'mov esp, 0x7c00'],
  [0x7c8e, '66 ba f8 03', 'mov dx, 0x3f8'],
  [0x7c92, 'b0 6c', "mov al, 'l'"],
  [0x7c94, 'ee', 'out dx, al'],
];

const work: readonly Row[] = [
  [0x7c95, '31 c0', 'xor eax, eax'],
  [0x7c97, '0f a2', 'cpuid', 'always leaves a hardware guest'],
  [0x7c99, '66 ba f8 03', 'mov dx, 0x3f8'],
  [0x7c9d, 'b0 63', "mov al, 'c'"],
  [0x7c9f, 'ee', 'out dx, al'],
  [0x7ca0, 'bf 00 00 10 00', 'mov edi, 0x100000'],
  [0x7ca5, 'b9 00 00 10 00', 'mov ecx, 0x100000', '8 MiB in words of 8 bytes'],
  [0x7caa, 'f3 48 ab', 'rep stosq'],
  [0x7cad, 'b0 6d', "mov al, 'm'"],
  [0x7caf, 'ee', 'out dx, al'],
  [0x7cb0, '0f 31', 'rdtsc'],
  [0x7cb2, '89 c6', 'mov esi, eax'],
  [0x7cb4, 'b9 00 e1 f5 05', 'mov ecx, 100000000'],
  [0x7cb9, 'ff c9', 'dec ecx', 'the loop: about 50 ms on a processor, minutes when each instruction is interpreted'],
  [0x7cbb, '75 fc', 'jnz 0x7cb9'],
  [0x7cbd, '0f 31', 'rdtsc'],
  [0x7cbf, '39 f0', 'cmp eax, esi'],
  [0x7cc1, '74 48', 'je 0x7d0b', 'a time stamp counter that stands still'],
  [0x7cc3, '66 ba f8 03', 'mov dx, 0x3f8'],
  [0x7cc7, 'b0 73', "mov al, 's'"],
  [0x7cc9, 'ee', 'out dx, al'],
];

/** The clock runs at 18.2 Hz, as the BIOS left it; its interrupt is moved to vector 0x20, as kernels do. */
const interrupts: readonly Row[] = [
  [0x7cca, 'bf 00 42 00 00', 'mov edi, 0x4200', 'the gate of vector 0x20 in the table at 0x4000'],
  [0x7ccf, 'b8 0e 7d 08 00', 'mov eax, 0x00087d0e', 'code segment 0x08, the handler below'],
  [0x7cd4, 'ab', 'stosd'],
  [0x7cd5, 'b8 00 8e 00 00', 'mov eax, 0x8e00', 'present, an interrupt gate'],
  [0x7cda, 'ab', 'stosd'],
  [0x7cdb, '31 c0', 'xor eax, eax'],
  [0x7cdd, 'ab', 'stosd'],
  [0x7cde, 'ab', 'stosd'],
  [0x7cdf, '0f 01 1c 25 36 7d 00 00', 'lidt [0x7d36]'],
  [0x7ce7, 'b0 11', 'mov al, 0x11', 'the first interrupt controller, from its start'],
  [0x7ce9, 'e6 20', 'out 0x20, al'],
  [0x7ceb, 'b0 20', 'mov al, 0x20', 'its vectors begin at 0x20'],
  [0x7ced, 'e6 21', 'out 0x21, al'],
  [0x7cef, 'b0 04', 'mov al, 4', 'the second is at line 2'],
  [0x7cf1, 'e6 21', 'out 0x21, al'],
  [0x7cf3, 'b0 01', 'mov al, 1', '8086 mode'],
  [0x7cf5, 'e6 21', 'out 0x21, al'],
  [0x7cf7, 'b0 fe', 'mov al, 0xfe', 'nothing but the clock'],
  [0x7cf9, 'e6 21', 'out 0x21, al'],
  [0x7cfb, '31 db', 'xor ebx, ebx', 'counts interrupts'],
  [0x7cfd, 'fb', 'sti'],
  [0x7cfe, 'f4', 'hlt'],
  [0x7cff, '80 fb 02', 'cmp bl, 2'],
  [0x7d02, '72 fa', 'jb 0x7cfe'],
  [0x7d04, 'b0 69', "mov al, 'i'"],
  [0x7d06, 'ee', 'out dx, al'],
  [0x7d07, 'b0 10', 'mov al, 0x10'],
  [0x7d09, 'e6 f4', 'out 0xf4, al', 'isa-debug-exit ends QEMU'],
  [0x7d0b, 'f4', 'hlt', 'for ever, until the deadline'],
  [0x7d0c, 'eb fd', 'jmp 0x7d0b'],
  [0x7d0e, 'ff c3', 'inc ebx', 'the handler'],
  [0x7d10, '50', 'push rax'],
  [0x7d11, 'b0 20', 'mov al, 0x20', 'end of interrupt'],
  [0x7d13, 'e6 20', 'out 0x20, al'],
  [0x7d15, '58', 'pop rax'],
  [0x7d16, '48 cf', 'iretq'],
];

const tables: readonly Row[] = [
  [0x7d18, '00 00 00 00 00 00 00 00', 'the descriptor table: nothing at 0x00'],
  [0x7d20, '00 00 00 00 00 9a 20 00', 'at 0x08, 64-bit code'],
  [0x7d28, '00 00 00 00 00 92 00 00', 'at 0x10, data'],
  [0x7d30, '17 00 18 7d 00 00', 'its limit and its address'],
  [0x7d36, '0f 02 00 40 00 00 00 00 00 00', 'limit and address of the interrupt table'],
  [0x7dfe, '55 aa', 'what makes it a boot sector'],
];

/** The guest as a listing, for tests and for who wants to read it. */
export const guestListing: readonly Row[] = [...realMode, ...paging, ...longMode, ...work, ...interrupts, ...tables];

/** The guest as the 512 bytes of a boot sector. */
export function tinyGuest(): Uint8Array {
  const sector = new Uint8Array(sectorBytes);
  for (const [address, bytes] of guestListing) {
    const values = bytes.split(' ').map((byte) => Number.parseInt(byte, 16));
    sector.set(values, address - origin);
  }
  return sector;
}
