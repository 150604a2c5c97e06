//! One right solution of every routine, for the tests. `{m0}` is the address of the first slot, `{c0}` the first
//! constant, `{n}` the number of bytes, `{last}` one less.

/// The solution of the routine of a name.
pub(super) fn solution(name: &str) -> &'static str {
    match name {
        "add_saturating" => "STX $00\nCLC\nADC $00\nBCC +\nLDA #$FF\n+ RTL",
        "subtract_saturating" => "STY $00\nSEC\nSBC $00\nBCS +\nLDA #$00\n+ RTL",
        "swap_nibbles" => {
            "STA $00\nASL A\nASL A\nASL A\nASL A\nSTA $01\nLDA $00\nLSR A\nLSR A\nLSR A\nLSR A\nORA $01\nRTL"
        }
        "reverse_bits" => "STA $00\nLDX #$08\n-\nLSR $00\nROL A\nDEX\nBNE -\nRTL",
        "clamp" => "CMP #{c0}\nBCS +\nLDA #{c0}\n+\nCMP #{c1}\nBCC ++\nLDA #{c1}\n++ RTL",
        "hex_digit" => "AND #$0F\nCMP #$0A\nBCC +\nADC #$06\n+\nCLC\nADC #$30\nRTL",
        "magnitude" => "CMP #$0000\nBPL +\nEOR #$FFFF\nINC A\n+ RTL",
        "shift_register" => "LSR A\nBCC +\nEOR.w #{c0}\n+ RTL",
        "count_bits" => "LDX #$0000\n-\nLSR A\nBCC +\nINX\n+\nCMP #$0000\nBNE -\nRTL",
        "pack_colour" => {
            "AND #$1F\nSTA $00\nSTZ $01\nTXA\nAND #$1F\nSTA $02\nSTZ $03\nTYA\nAND #$1F\nSTA $04\nSTZ $05\nREP #$20\n\
             LDA $02\nASL A\nASL A\nASL A\nASL A\nASL A\nORA $00\nSTA $00\nLDA $04\nXBA\nASL A\nASL A\nORA $00\n\
             STA.l {m3}\nSEP #$20\nRTL"
        }
        "tile_offset" => {
            "TYA\nAND #$1F\nSTA $00\nSTZ $01\nTXA\nAND #$1F\nSTA $02\nSTZ $03\nREP #$20\nLDA $00\nASL A\nASL A\nASL A\n\
             ASL A\nASL A\nORA $02\nASL A\nSTA.l {m2}\nSEP #$20\nRTL"
        }
        "multiply" => {
            "STA $02\nSTZ $03\nSTX $04\nSTZ $05\nREP #$20\nLDA #$0000\nLDX #$08\n-\nLSR $04\nBCC +\nCLC\nADC $02\n+\n\
             ASL $02\nDEX\nBNE -\nSTA.l {m2}\nSEP #$20\nRTL"
        }
        "divide" => {
            "STA $00\nSTZ $01\nREP #$20\nLDA.l {m0}\nSTA $02\nLDA #$0000\nLDX #$10\n-\nASL $02\nROL A\nCMP $00\nBCC +\n\
             SBC $00\nINC $02\n+\nDEX\nBNE -\nSTA.l {m3}\nLDA $02\nSTA.l {m2}\nSEP #$20\nRTL"
        }
        "square_root" => {
            "LDY #$0000\nSTA $00\nLDA #$0001\nSTA $02\n-\nLDA $00\nSEC\nSBC $02\nBCC +\nSTA $00\nINY\nINC $02\nINC $02\n\
             BRA -\n+ RTL"
        }
        "greatest_common_divisor" => {
            "STX $00\nSTY $02\nloop:\nLDA $00\nBEQ right\nLDA $02\nBEQ left\nSEC\nSBC $00\nBCC swap\nSTA $02\nBRA loop\n\
             swap:\nLDA $00\nSEC\nSBC $02\nSTA $00\nBRA loop\nright:\nLDA $02\nRTL\nleft:\nLDA $00\nRTL"
        }
        "to_decimal" => {
            "LDX #$00\n-\nCMP #$64\nBCC +\nSBC #$64\nINX\nBRA -\n+\nSTX $01\nLDX #$00\n--\nCMP #$0A\nBCC ++\nSBC #$0A\n\
             INX\nBRA --\n++\nSTA $00\nTXA\nASL A\nASL A\nASL A\nASL A\nORA $00\nSTA.l {m1}\nLDA $01\nSTA.l {m1}+1\nRTL"
        }
        "from_decimal" => {
            "STA $00\nLSR A\nLSR A\nLSR A\nLSR A\nSTA $01\nASL A\nASL A\nCLC\nADC $01\nASL A\nSTA $01\nLDA $00\n\
             AND #$0F\nCLC\nADC $01\nRTL"
        }
        "sum" => {
            "STZ $00\nLDX #$0000\n-\nLDA.l {m0},x\nAND #$00FF\nCLC\nADC $00\nSTA $00\nINX\nCPX.w #{n}\nBNE -\nLDA $00\nRTL"
        }
        "parity_byte" => "LDA #$00\nLDX #$00\n-\nEOR.l {m0},x\nINX\nCPX.b #{n}\nBNE -\nRTL",
        "crc8" => {
            "LDA #$00\nLDX #$00\nnext:\nEOR.l {m0},x\nLDY #$08\n-\nASL A\nBCC +\nEOR #{c0}\n+\nDEY\nBNE -\nINX\n\
             CPX.b #{n}\nBNE next\nRTL"
        }
        "largest" => {
            "LDA.l {m0}\nLDX #$01\n-\nCMP.l {m0},x\nBCS +\nLDA.l {m0},x\n+\nINX\nCPX.b #{n}\nBNE -\nRTL"
        }
        "count_byte" => "LDX #$00\nLDY #$00\n-\nCMP.l {m0},x\nBNE +\nINY\n+\nINX\nCPX.b #{n}\nBNE -\nRTL",
        "find_byte" => "LDX #$00\n-\nCMP.l {m0},x\nBEQ +\nINX\nCPX.b #{n}\nBNE -\nLDX #$FF\n+ RTL",
        "copy" => "LDX #$00\n-\nLDA.l {m0},x\nSTA.l {m1},x\nINX\nCPX.b #{n}\nBNE -\nRTL",
        "mask" => "LDX #$00\n-\nLDA.l {m0},x\nEOR #{c0}\nSTA.l {m1},x\nINX\nCPX.b #{n}\nBNE -\nRTL",
        "reverse" => {
            "LDX #$00\nLDY.b #{last}\n-\nLDA.l {m0},x\nPHX\nTYX\nSTA.l {m1},x\nPLX\nINX\nDEY\nBPL -\nRTL"
        }
        "sort" => {
            "LDX #$00\n-\nLDA.l {m0},x\nSTA.l {m1},x\nINX\nCPX.b #{n}\nBNE -\npass:\nSTZ $00\nLDX #$00\n--\n\
             LDA.l {m1}+1,x\nCMP.l {m1},x\nBCS +\nPHA\nLDA.l {m1},x\nSTA.l {m1}+1,x\nPLA\nSTA.l {m1},x\nINC $00\n+\n\
             INX\nCPX.b #{last}\nBNE --\nLDA $00\nBNE pass\nRTL"
        }
        _ => "",
    }
}
