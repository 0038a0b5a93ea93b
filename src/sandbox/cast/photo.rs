//! A small picture for a customer to send: a parcel with a crack in it, as a PNG (W3C PNG, third edition).

use crate::sandbox::random::Random;

const WIDTH: usize = 160;
const HEIGHT: usize = 120;
/// Ground, cardboard, tape, crack: red, green, blue.
const PALETTE: [[u8; 3]; 4] = [[226, 221, 212], [176, 132, 84], [222, 196, 140], [52, 38, 30]];

/// A picture; another seed breaks the parcel elsewhere.
pub fn broken_parcel(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut pixels = vec![0_u8; WIDTH * HEIGHT];
    let mut crack = 40 + random.index(80);
    for y in 16..104 {
        let step = random.index(7);
        crack = (crack + step).saturating_sub(3).clamp(28, 131);
        for x in 24..136_usize {
            let tape = (72..88).contains(&x);
            let line = x.abs_diff(crack) < 2 && y > 30;
            let colour = match (line, tape) {
                (true, _) => 3,
                (false, true) => 2,
                (false, false) => 1,
            };
            if let Some(pixel) = pixels.get_mut(y * WIDTH + x) {
                *pixel = colour;
            }
        }
    }
    png(&pixels)
}

/// Encodes palette indices, stored without compression.
fn png(pixels: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity((WIDTH + 1) * HEIGHT);
    for row in pixels.chunks(WIDTH) {
        raw.push(0); // no filter
        raw.extend_from_slice(row);
    }
    // zlib (RFC 1950) around stored deflate blocks (RFC 1951): its window and level, the blocks, Adler-32.
    let mut packed = vec![0x78, 0x01];
    let mut blocks = raw.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        packed.push(u8::from(blocks.peek().is_none()));
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(&(!length).to_le_bytes());
        packed.extend_from_slice(block);
    }
    packed.extend_from_slice(&adler32(&raw).to_be_bytes());

    let mut header = Vec::new();
    header.extend_from_slice(&(WIDTH as u32).to_be_bytes());
    header.extend_from_slice(&(HEIGHT as u32).to_be_bytes());
    header.extend_from_slice(&[8, 3, 0, 0, 0]); // eight bits of palette index, not interlaced
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"PLTE", PALETTE.as_flattened());
    chunk(&mut file, b"IDAT", &packed);
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend_from_slice(&(u32::try_from(data.len()).unwrap_or(u32::MAX)).to_be_bytes());
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    file.extend_from_slice(&crc32(kind.iter().chain(data)).to_be_bytes());
}

fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    (b << 16) | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_have_their_known_answers() {
        assert_eq!(crc32(b"123456789".iter()), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn pictures_repeat_and_differ() {
        let one = broken_parcel(1);
        assert!(one.starts_with(b"\x89PNG") && one.len() < 25_000);
        assert_eq!(one, broken_parcel(1));
        assert_ne!(one, broken_parcel(2));
    }
}
