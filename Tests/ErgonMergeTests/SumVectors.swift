import Testing

/// Doubles and the double nearest to their exact sum, as Python has it: `math.fsum`, and
/// `float(sum(map(Fraction, terms)))` where that overflows on its way. The later ones are drawn
/// with `random.Random(20120612)`.
struct SumVector: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var terms: [Double]
    var sum: Double

    static let all = [
        SumVector(
            testDescription: "nothing but zeros",
            terms: [0.0, -0.0],
            sum: 0.0),
        SumVector(
            testDescription: "a one lost beside its giants",
            terms: [0x1.1ccf385ebc8a0p+1023, 0x1.0p+0, -0x1.1ccf385ebc8a0p+1023],
            sum: 0x1.0p+0),
        SumVector(
            testDescription: "partial sums beyond the largest double",
            terms: [
                0x1.e42d130773b76p+1023, 0x1.e42d130773b76p+1023, -0x1.e42d130773b76p+1023,
                -0x1.7e43c8800759cp+996,
            ],
            sum: 0x1.e42d12d7ab3e5p+1023),
        SumVector(
            testDescription: "the largest double",
            terms: [0x1.fffffffffffffp+1023],
            sum: 0x1.fffffffffffffp+1023),
        SumVector(
            testDescription: "tenths",
            terms: [
                0x1.999999999999ap-4, 0x1.999999999999ap-4, 0x1.999999999999ap-4,
                0x1.999999999999ap-4, 0x1.999999999999ap-4, 0x1.999999999999ap-4,
                0x1.999999999999ap-4, 0x1.999999999999ap-4, 0x1.999999999999ap-4,
                0x1.999999999999ap-4,
            ],
            sum: 0x1.0p+0),
        SumVector(
            testDescription: "the smallest double",
            terms: [tiny(0x1), tiny(0x1), tiny(0x1)],
            sum: tiny(0x3)),
        SumVector(
            testDescription: "across the border of the subnormal",
            terms: [0x1.0p-1022, -tiny(0x1)],
            sum: tiny(0xfffffffffffff)),
        SumVector(
            testDescription: "up to the border of the subnormal",
            terms: [tiny(0xfffffffffffff), tiny(0x1)],
            sum: 0x1.0p-1022),
        SumVector(
            testDescription: "a tie that goes down to the even",
            terms: [0x1.0p+0, 0x1.0p-53],
            sum: 0x1.0p+0),
        SumVector(
            testDescription: "a tie that goes up to the even",
            terms: [0x1.0000000000001p+0, 0x1.0p-53],
            sum: 0x1.0000000000002p+0),
        SumVector(
            testDescription: "a tie that a far bit decides up",
            terms: [0x1.0p+0, 0x1.0p-53, tiny(0x1)],
            sum: 0x1.0000000000001p+0),
        SumVector(
            testDescription: "a tie that a far bit decides down",
            terms: [0x1.0000000000001p+0, 0x1.0p-53, -tiny(0x1)],
            sum: 0x1.0000000000001p+0),
        SumVector(
            testDescription: "a carry through all bits",
            terms: [0x1.fffffffffffffp+0, 0x1.0p-53],
            sum: 0x1.0p+1),
        SumVector(
            testDescription: "negative, with a carry",
            terms: [-0x1.fffffffffffffp+0, -0x1.0p-53],
            sum: -0x1.0p+1),
        SumVector(
            testDescription: "a negative rest",
            terms: [0x1.0p+0, -0x1.0p-54, -0x1.0p-80],
            sum: 0x1.fffffffffffffp-1),
        SumVector(
            testDescription: "near one, 0",
            terms: [
                -0x1.f7c22ccfbdec0p-1, 0x1.5f2ef13fd5190p-5, 0x1.b5cf27d5f29e0p-1,
                0x1.260f8a3e9bbf0p-6, -0x1.79c63d6440b6cp+2, -0x1.3254c89b084dcp-1,
                -0x1.82113c3ea3740p-8, -0x1.3b96e41b26ce2p+1, -0x1.11945fab311bcp-3,
            ],
            sum: -0x1.2591b1820cbe9p+3),
        SumVector(
            testDescription: "near one, 1",
            terms: [
                0x1.2a7f346edaab8p-6, -0x1.e9597b251d760p-1, -0x1.29801eb9cdd50p-2,
                0x1.47a9e09cbe38cp-3, -0x1.518ae640fc6e8p-3, 0x1.77d1c8dc654f4p-5,
                -0x1.b9a42e13ddcf0p-5, 0x1.6c5263c557756p+0, -0x1.b94a783a4cff4p+1,
            ],
            sum: -0x1.a1f8047e666cbp+1),
        SumVector(
            testDescription: "near one, 2",
            terms: [
                0x1.1635fd85c0c24p-4, 0x1.af9d05ff36d84p-2, -0x1.5c24f0e5f8118p+1,
                0x1.5ba54a138c808p+1, 0x1.5d39cbb9aa592p-2, -0x1.d4457701c93c2p+0,
                -0x1.70d3d60bc5f90p+1, 0x1.baa9fbba26902p-3, -0x1.114d3e3fc0e60p+0,
            ],
            sum: -0x1.2f12d6d00502ep+2),
        SumVector(
            testDescription: "near one, 3",
            terms: [
                -0x1.e3fcb486b323cp-4, 0x1.34f197eec80c4p+0, 0x1.0b324711acf7cp-3,
                0x1.64f9eb6dbdc06p+0, 0x1.86abd18497030p-3, -0x1.3123e9c2cf2bcp+1,
                -0x1.870eaec40b2ccp-4, -0x1.21862da2e9564p+1, 0x1.e6bb2f62eae8ep-4,
            ],
            sum: -0x1.d171eb9a9fee8p+0),
        SumVector(
            testDescription: "of all sizes, 0",
            terms: [
                -0x1.6821b9869ae2cp-466, 0x1.3f788ba041d88p-91, 0x1.ddbf2c455d726p-890,
                0x1.df1b71df50300p-385, -0x1.4419b357a94eep-644, 0x1.96d69efb20168p-622,
                -0x1.999c0317dd30cp-797, -0x1.14f237decdf12p-755, 0x1.672c5813f5042p+703,
            ],
            sum: 0x1.672c5813f5042p+703),
        SumVector(
            testDescription: "of all sizes, 1",
            terms: [
                0x1.9141b90f4af90p+224, 0x1.36c744c3a676ep+229, -0x1.886fb63a43ef0p-548,
                0x1.2d5e83803f172p+335, 0x1.ddcbbb84bed60p+991, -0x1.7bccc90f65e46p-407,
                -0x1.b9e052abfb4c8p-1020, 0x1.30ee0ad1c634cp+991, -0x1.a39dd9dae0232p-237,
            ],
            sum: 0x1.875ce32b42856p+992),
        SumVector(
            testDescription: "of all sizes, 2",
            terms: [
                -0x1.1aaba2e6eab70p+619, 0x1.5e8715bfe440cp-150, -0x1.34e3fb4228038p+342,
                0x1.791476173d690p+103, 0x1.ecb6cbea31eb0p+131, 0x1.bec5857b41c8cp+731,
                -0x1.199ff043715f6p-852, 0x1.a6145b3012f5cp+12, 0x1.474ccedd46230p-859,
            ],
            sum: 0x1.bec5857b41c8cp+731),
        SumVector(
            testDescription: "of all sizes, 3",
            terms: [
                0x1.5a2e49c0f5fe8p+228, 0x1.bd0c2e923ef00p+401, 0x1.82f4cb6e4abf4p+338,
                0x1.94218b3046d10p-24, 0x1.891636ad11440p-502, 0x1.f79b19173c364p+180,
                0x1.54fb571c509b0p+64, 0x1.e17f3b5794bd4p+741, 0x1.cde5a5db768c0p-681,
            ],
            sum: 0x1.e17f3b5794bd4p+741),
        SumVector(
            testDescription: "subnormal, 0",
            terms: [
                -0x1.de37326025498p-1022, -tiny(0x460dee50d), -tiny(0x30a98e9038f), tiny(0xe6), 0.0,
                -tiny(0x152587954eb5), -tiny(0x14b143a20adb), -tiny(0x1), -tiny(0x1f),
            ],
            sum: -0x1.e1058eb0195fep-1022),
        SumVector(
            testDescription: "subnormal, 1",
            terms: [
                tiny(0x99b3fc206861b), -tiny(0x3a457), tiny(0x5594a), -tiny(0x61c),
                tiny(0x602a132bfc7), -tiny(0x7ea38445), 0x1.d1d0ed645b57ep-1022,
                -tiny(0x3a27eb6cc54), tiny(0x19),
            ],
            sum: 0x1.35d571e132cdcp-1021),
        SumVector(
            testDescription: "subnormal, 2",
            terms: [
                tiny(0xcd3eca7066d11), -tiny(0x1), -tiny(0x9), tiny(0x3031c13b2ed28),
                -tiny(0x4d5e79adb290), -tiny(0x313019828), tiny(0x7ce7), tiny(0x6689e),
                tiny(0xf9564d1029a6b),
            ],
            sum: 0x1.f1f0bff138f67p-1022),
        SumVector(
            testDescription: "subnormal, 3",
            terms: [
                tiny(0x49a), tiny(0x2dbd23), tiny(0x2f153d2b0ad), tiny(0x17e87a1), tiny(0x77930e6),
                tiny(0x1b), tiny(0x737), tiny(0x65ad58fa78), -tiny(0x6f749d60228d8),
            ],
            sum: -tiny(0x6f3f2cbb0fc1d)),
        SumVector(
            testDescription: "cancelling to little, 0",
            terms: [
                0x1.6e3a9d9b04a20p+28, 0x1.08b53a9fd3404p-20, -0x1.56817208e330ep-28,
                -0x1.6e3a9d9b04a20p+28, -0x1.ffe7d7f22a738p+29, 0x1.ffe7d7f22a738p+29,
                0x1.56817208e330ep-28, -0x1.454c7d79963acp+7, 0x1.454c7d79963acp+7,
                -0x1.08b53a9fd3404p-20, -0x1.135e6a1c4a9f0p-89,
            ],
            sum: -0x1.135e6a1c4a9f0p-89),
        SumVector(
            testDescription: "cancelling to little, 1",
            terms: [
                0x1.9a5637257b07ap+4, -0x1.e9f9341b8d800p-47, 0x1.e9f9341b8d800p-47,
                0x1.02e9d1b8f0490p-28, -0x1.9a5637257b07ap+4, 0x1.77ddb0eb62840p-1,
                -0x1.02e9d1b8f0490p-28, 0x1.f379eded5b900p+15, -0x1.77ddb0eb62840p-1,
                -0x1.f379eded5b900p+15, 0x1.65c61ecdfd190p-111,
            ],
            sum: 0x1.65c61ecdfd190p-111),
        SumVector(
            testDescription: "cancelling to little, 2",
            terms: [
                0x1.010fc506f9784p-32, -0x1.c1273050cc09cp-36, -0x1.4a72ea4cb11a0p+20,
                0x1.4a72ea4cb11a0p+20, 0x1.4e89d760ce7b8p-16, 0x1.d4310b45422b0p-34,
                0x1.c1273050cc09cp-36, -0x1.010fc506f9784p-32, -0x1.4e89d760ce7b8p-16,
                -0x1.d4310b45422b0p-34, 0x1.ecfb3038609f0p-65,
            ],
            sum: 0x1.ecfb3038609f0p-65),
        SumVector(
            testDescription: "cancelling to little, 3",
            terms: [
                0x1.aab4b8796b8b0p-2, -0x1.aab4b8796b8b0p-2, -0x1.d7eea81fac290p-35,
                -0x1.a3071790554f4p-4, 0x1.440c3e97eea30p+26, -0x1.440c3e97eea30p+26,
                0x1.a3071790554f4p-4, -0x1.2b9ebf3c547c0p-10, 0x1.2b9ebf3c547c0p-10,
                0x1.d7eea81fac290p-35, 0x1.f7d36c4dbea80p-95,
            ],
            sum: 0x1.f7d36c4dbea80p-95),
    ]
}

/// So many times the smallest double; the compiler refuses most of them as literals.
private func tiny(_ count: UInt64) -> Double { Double(bitPattern: count) }
