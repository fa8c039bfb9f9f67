"""picture.py FILE [OTHER]: is it a whole PNG, and what is on it? One line: WIDTHxHEIGHT, the number of colours, a sum of
the pixels. With OTHER (of the same size): also how many pixels differ. Reads all of the format that
FVM writes, and checks what a viewer would."""
import hashlib, struct, sys, zlib


def read(path):
    data = open(path, 'rb').read()
    assert data[:8] == b'\x89PNG\r\n\x1a\n', 'signature'
    at, body, size = 8, b'', None
    while at < len(data):
        cb, kind = struct.unpack('>I4s', data[at:at + 8])
        chunk = data[at + 8:at + 8 + cb]
        assert struct.unpack('>I', data[at + 8 + cb:at + 12 + cb])[0] == zlib.crc32(kind + chunk), 'sum of a chunk'
        if kind == b'IHDR':
            size = struct.unpack('>II', chunk[:8])
            assert chunk[8:] == b'\x08\x02\0\0\0', 'eight bits of red, green, blue'
        body += chunk if kind == b'IDAT' else b''
        at += 12 + cb
    assert kind == b'IEND', 'end'
    width, height = size
    raw, stride, lines = zlib.decompress(body), 3 * width + 1, []
    assert len(raw) == stride * height, 'length'
    for y in range(height):
        line = bytearray(raw[y * stride + 1:(y + 1) * stride])
        assert raw[y * stride] == 1, 'filter'
        for i in range(3, len(line)):
            line[i] = (line[i] + line[i - 3]) & 255
        lines.append(bytes(line))
    return width, height, b''.join(lines)


width, height, pixels = read(sys.argv[1])
colours = len({pixels[i:i + 3] for i in range(0, len(pixels), 3)})
line = f'{width}x{height} {colours} {hashlib.sha256(pixels).hexdigest()[:16]}'
if len(sys.argv) > 2:
    other = read(sys.argv[2])
    assert other[:2] == (width, height), 'size'
    differ = sum(pixels[i:i + 3] != other[2][i:i + 3] for i in range(0, len(pixels), 3))
    line += f' {differ}'
print(line)
