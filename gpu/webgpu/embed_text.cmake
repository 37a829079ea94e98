# cmake -DINPUT=FILE -DOUTPUT=FILE -P embed_text.cmake: makes a C++ string literal of a text file.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "R\"TEXT(${text})TEXT\"\n")
