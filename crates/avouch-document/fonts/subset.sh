#!/bin/sh
# Makes the fonts of this folder from Debian's. Needs: apt-get install fonts-noto-core fonts-noto-mono fonttools
set -eu
cd "$(dirname "$0")"
from=/usr/share/fonts/truetype/noto
letters=U+0020-007E,U+00A0-024F,U+0250-02FF,U+0300-036F,U+0370-03FF,U+0400-052F,U+1E00-1EFF,U+1F00-1FFF
signs=U+2010-2027,U+2030-205E,U+2070-209F,U+20A0-20BF,U+2100-214F,U+2150-218F,U+2190-21FF,U+2200-22FF,U+2300-23FF,U+2500-25FF,U+FB00-FB06,U+FFFD
cut() { # original, name, characters
    pyftsubset "$from/$1" --output-file="$2" --unicodes="$3" --no-hinting --desubroutinize --layout-features= \
        --drop-tables+=GPOS,GSUB,GDEF --notdef-outline --name-IDs=0,1,2,3,4,5,6,13,14 --no-recalc-timestamp
}
cut NotoSans-Regular.ttf sans.ttf "$letters,$signs"
cut NotoSans-Bold.ttf sans-bold.ttf "$letters,$signs"
cut NotoSansMono-Regular.ttf mono.ttf "$letters,$signs"
cut NotoSansSymbols2-Regular.ttf symbols.ttf U+2610-2612,U+2639-263A,U+26A0-26A1,U+2713-2718,U+2794,U+25A0-25FF
