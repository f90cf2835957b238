//! A 32-bit program made by hand: no compiler for one is needed.

/// Where it is loaded.
const BASE: u32 = 0x0040_0000;

/// An executable of one segment, for the 386.
pub(crate) fn executable(code: &[u8]) -> Vec<u8> {
    let half = |n: u16| n.to_le_bytes().to_vec();
    let word = |n: u32| n.to_le_bytes().to_vec();
    let (head, of_segment, machine) = (52_u16, 32_u16, 3_u16);
    let heads = u32::from(head + of_segment);
    let size = heads + u32::try_from(code.len()).expect("a small program");
    let file = [
        b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
        [half(2), half(machine), word(1), word(BASE + heads), word(head.into()), word(0), word(0)].concat(),
        [head, of_segment, 1, 0, 0, 0].map(half).concat(),
    ];
    // Loaded to be read and run.
    let segment = [word(1), word(0), word(BASE), word(BASE), word(size), word(size), word(5), word(0x1000)].concat();
    [file.concat(), segment, code.to_vec()].concat()
}

/// `mov eax, NUMBER; mov ebx, FIRST; mov ecx, SECOND; int 0x80`
pub(crate) fn int_0x80(number: u32, first: u32, second: u32) -> Vec<u8> {
    let load = |opcode: u8, value: u32| [&[opcode][..], &value.to_le_bytes()].concat();
    [load(0xb8, number), load(0xbb, first), load(0xb9, second), vec![0xcd, 0x80]].concat()
}
